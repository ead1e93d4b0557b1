// What Gradio's components do not tell screen readers: names of example pictures, titles of styles, what is written on
// a place to drop files, what is empty.
() => {
  const mend = () => {
    for (const button of document.querySelectorAll("button.gallery-item:not([aria-label])")) {
      const shown = button.querySelector("img, video, source");
      const file = (shown?.currentSrc || shown?.src || "").split("/").pop().split(/[?#]/)[0];
      if (file) button.setAttribute("aria-label", decodeURIComponent(file).replace(/\.\w+$/, "").replace(/[-_]+/g, " "));
    }
    for (const button of document.querySelectorAll("button.thumbnail-item")) {
      const title = button.querySelector(".caption-label")?.textContent.trim();
      if (title && button.getAttribute("aria-label") !== title) button.setAttribute("aria-label", title);
    }
    for (const drop of document.querySelectorAll("button.upload-container")) {  // its name is what is written on it
      const written = drop.innerText.replace(/\s+/g, " ").trim();
      if (written && drop.getAttribute("aria-label") !== written) drop.setAttribute("aria-label", written);
    }
    for (const empty of document.querySelectorAll("div.empty[aria-label]:not([role])")) empty.setAttribute("role", "img");
  };
  let waiting = false;
  const soon = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; mend(); });
  };
  new MutationObserver(soon).observe(document.body, { childList: true, subtree: true });
  mend();
}
