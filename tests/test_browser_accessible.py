"""Every tab under axe, on a wide screen and a phone's, light and dark: no finding that is serious or critical."""

import shutil
import subprocess

import pytest

from tests.browsing import open_page, open_tab

pytestmark = pytest.mark.browser
TABS = {
    "Fast": "#fast-photo", "Video": "#video-clip", "Slow": "#slow-start", "Teach": "#teach-painting",
    "Compare": "#compare-about",
}  # fmt: skip


@pytest.fixture(scope="module")
def axe(tmp_path_factory):
    """The scanner's script."""
    if shutil.which("npm") is None:
        pytest.skip("needs Node.js with npm")
    folder = tmp_path_factory.mktemp("axe")
    install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "axe-core@4.14.1"]
    if subprocess.run(install, cwd=folder, capture_output=True, timeout=300).returncode:
        pytest.skip("needs axe-core from npm")
    return folder / "node_modules" / "axe-core" / "axe.min.js"


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_no_serious_finding(browser, url, axe, width, theme):
    found = {}
    with open_page(browser, f"{url}?__theme={theme}", width) as page:
        page.evaluate(axe.read_text())
        for name, holds in TABS.items():
            open_tab(page, name, holds)
            folded = page.locator("button.label-wrap:not(.open):visible")
            while folded.count():
                folded.first.click()
            page.wait_for_timeout(500)  # tabs fade in, and what is half there has no contrast
            violations = page.evaluate("async () => (await axe.run(document)).violations")
            found[name] = [
                f"{v['id']} ({v['impact']}): " + " | ".join(node["html"][:160] for node in v["nodes"][:4])
                for v in violations
                if v["impact"] in ("serious", "critical")
            ]
    lines = [f"{name}: {finding}" for name, findings in found.items() for finding in findings]
    assert not lines, "\n".join(lines)
