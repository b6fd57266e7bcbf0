// Frames as high as what is in them: one scrolls the page, and not two frames.
(function () {
  "use strict";

  const LOOK_AGAIN = 100; // milliseconds; a frame is complete only when all of its videos are

  function fit(frame) {
    const main = frame.contentDocument && frame.contentDocument.querySelector("main");
    if (!main) {
      window.setTimeout(() => fit(frame), LOOK_AGAIN);
      return;
    }
    const observer = new frame.contentWindow.ResizeObserver(() => {
      frame.style.height = main.getBoundingClientRect().bottom + main.ownerDocument.defaultView.scrollY + 24 + "px";
    });
    observer.observe(main);
    frame.contentWindow.addEventListener("pagehide", () => window.setTimeout(() => fit(frame), LOOK_AGAIN));
  }

  document.querySelectorAll("iframe.bs-side").forEach(fit);
})();
