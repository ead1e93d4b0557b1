# The app, for people off Spaces: docker build -t nst . && docker run -p 7860:7860 nst
# For a smaller image without CUDA: docker build --build-arg PIP_OPTIONS="--index-url …", with an index of CPU builds.
FROM python:3.12-slim

ARG PIP_OPTIONS=""
ENV PYTHONUNBUFFERED=1 \
    GRADIO_SERVER_NAME=0.0.0.0 \
    GRADIO_SERVER_PORT=7860 \
    GRADIO_ANALYTICS_ENABLED=False \
    HF_HOME=/home/nst/.cache/huggingface \
    NST_VOTES_FOLDER=/home/nst/votes

RUN useradd --create-home --uid 1000 nst
WORKDIR /home/nst/app

# Requirements first: they change seldom, and take the longest.
COPY requirements.txt ./
RUN pip install --no-cache-dir $PIP_OPTIONS -r requirements.txt

COPY --chown=nst:nst app.py LICENSE README.md ./
COPY --chown=nst:nst nst ./nst
COPY --chown=nst:nst weights ./weights
COPY --chown=nst:nst examples ./examples

USER nst
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:7860/gradio_api/startup-events', timeout=4)"]
CMD ["python", "app.py"]
