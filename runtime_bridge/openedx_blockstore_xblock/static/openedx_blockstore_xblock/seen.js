// Blocks in which there is nothing to do are complete once they were seen for a while.
(function (global) {
  "use strict";

  const timers = new Map();

  /** Tell the server; if that fails, the block is told of when it is seen the next time. */
  function tell(element) {
    timers.delete(element);
    observer.unobserve(element);
    global
      .fetch(element.dataset.seenUrl, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ completion: 1 }),
        keepalive: true,
      })
      .catch(() => observer.observe(element));
  }

  const observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      global.clearTimeout(timers.get(target));
      if (isIntersecting) {
        timers.set(target, global.setTimeout(tell, Number(target.dataset.seenAfter), target));
      }
    }
  });

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("[data-seen-url]").forEach((element) => observer.observe(element));
  });
})(window);
