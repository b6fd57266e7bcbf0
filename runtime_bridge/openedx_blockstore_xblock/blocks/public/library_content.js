// Lets a learner draw other blocks. The page is loaded anew, since the blocks have scripts of theirs.
function BlockstoreLibraryContent(runtime, element) {
  "use strict";
  const root = element.jquery ? element[0] : element;
  const button = root.querySelector(".blockstore-draw-anew");
  button.addEventListener("click", () => {
    button.disabled = true;
    fetch(runtime.handlerUrl(root, "reset_selected_children"), { method: "POST" })
      .then((answer) => {
        if (!answer.ok) {
          throw new Error(answer.statusText);
        }
        window.location.reload();
      })
      .catch(() => {
        button.disabled = false;
      });
  });
}
