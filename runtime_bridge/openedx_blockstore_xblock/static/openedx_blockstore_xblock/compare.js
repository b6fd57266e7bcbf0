// Frames as high as what is in them: one scrolls the page and not two frames.
(function () {
  "use strict";

  function fit(frame) {
    const page = frame.contentDocument && frame.contentDocument.documentElement;
    if (!page) {
      return;
    }
    const observer = new ResizeObserver(() => {
      frame.style.height = page.querySelector("main").getBoundingClientRect().bottom + 24 + "px";
    });
    observer.observe(page.querySelector("main"));
  }

  document.querySelectorAll("iframe.side").forEach((frame) => {
    frame.addEventListener("load", () => fit(frame));
    if (frame.contentDocument && frame.contentDocument.readyState === "complete") {
      fit(frame);
    }
  });
})();
