// The page on which a block is edited: what blocks' own editors tell Studio of, and our own forms.
(function (global) {
  "use strict";

  const $ = global.jQuery;
  const SAVED = "blockstore-saved";

  function say(text) {
    document.getElementById("edit-status").replaceChildren();
    if (text) {
      const line = document.createElement("p");
      line.textContent = text;
      document.getElementById("edit-status").append(line);
    }
  }

  /** Show why nothing was saved; of a conflict both texts, so that nothing is lost. */
  function complain(title, message, facts) {
    const box = document.getElementById("edit-conflict");
    const texts = box.querySelector(".bs-sides");
    const both = facts && facts.mine !== undefined;
    say("");
    box.querySelector("h2").textContent = title;
    box.querySelector("p").textContent = message;
    texts.hidden = !both;
    box.lastElementChild.hidden = !both;
    if (both) {
      document.getElementById("conflict-mine").value = facts.mine;
      document.getElementById("conflict-theirs").value = facts.theirs;
    }
    box.hidden = false;
    box.scrollIntoView({ block: "center" });
  }

  function plain(markup) {
    return new DOMParser().parseFromString(String(markup || ""), "text/html").body.textContent;
  }

  /** Open the page anew. Buttons that are links to "#" have left that in its address. */
  function openAnew() {
    global.location.replace(global.location.href.split("#")[0]);
  }

  $(document).on("blockstore:save", (_event, data) => {
    document.getElementById("edit-conflict").hidden = true;
    if (data && data.state === "end") {
      // The next save begins with what is there now, so the page has to know it.
      global.sessionStorage.setItem(SAVED, "1");
      openAnew();
    } else {
      say((data && data.message) || "Saving");
    }
  });
  $(document).on("blockstore:cancel", openAnew);
  $(document).on("blockstore:error", (_event, data) => {
    // Some blocks tell of an error that is known better from the server's own answer.
    if (document.getElementById("edit-conflict").hidden) {
      complain(plain(data && data.title) || "This can not be saved", plain(data && data.message));
    }
  });
  $(document).ajaxError((_event, answer) => {
    const told = answer.responseJSON || {};
    const title = answer.status === 409 ? "Somebody else has changed this block" : "This can not be saved";
    complain(title, told.message || "The server could not be reached.", told.facts);
  });

  function showLook() {
    const source = document.getElementById("edit-html");
    const look = document.getElementById("edit-look");
    if (source && look) {
      look.srcdoc = source.value;
    }
  }

  function goTo(line, area) {
    const before = area.value.split("\n").slice(0, line - 1);
    const start = before.join("\n").length + (line > 1 ? 1 : 0);
    const end = area.value.indexOf("\n", start);
    area.closest("details")?.setAttribute("open", "");
    area.focus();
    area.setSelectionRange(start, end < 0 ? area.value.length : end);
    area.scrollTop = (area.scrollHeight / area.value.split("\n").length) * Math.max(0, line - 3);
  }

  /** Until an editor's script has fetched what it shows, a save could leave that out. */
  function letIn() {
    document.querySelector(".bs-own-editor")?.removeAttribute("inert");
  }

  $(() => {
    if (global.sessionStorage.getItem(SAVED)) {
      global.sessionStorage.removeItem(SAVED);
      say("Saved to the draft.");
    }
    // runtime.js, which the page loads before, has started the block's script by now; what that in turn
    // has put off until the page is ready comes before this timer.
    global.setTimeout(() => ($.active ? $(document).one("ajaxStop", letIn) : letIn()));
    showLook();
    document.getElementById("edit-html")?.addEventListener("input", showLook);
    document.querySelectorAll("[data-line]").forEach((button) => {
      button.addEventListener("click", () =>
        goTo(Number(button.dataset.line), document.getElementById(button.dataset.in)));
    });
  });
})(window);
