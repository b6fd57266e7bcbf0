// What the scripts of blocks find in a page: version 1 of XBlock's client runtime, and the few things
// of the platform's pages that published blocks use without asking.
(function (global) {
  "use strict";

  const $ = global.jQuery;

  /** An address at which nothing is found: some scripts ask for handlers that they will not use. */
  function nowhere(handlers, name) {
    const known = Object.values(handlers)[0] || "/";
    return known.replace(/handlers\/.*/, "handlers/none/") + name;
  }

  /** The addresses of a block's handlers, which the server has signed for this visitor. */
  function handlerUrl(element, name, suffix, query) {
    const block = $(element).closest("[data-usage]").addBack("[data-usage]").get(0) || element;
    const handlers = JSON.parse(block.dataset.handlers || "{}");
    const [path, search] = (handlers[name] || nowhere(handlers, name)).split("?");
    const parameters = [search, query].filter(Boolean).join("&");
    const tail = suffix ? path.replace(/\/?$/, "/") + suffix : path;
    return parameters ? tail + "?" + parameters : tail;
  }

  function children(element) {
    return $(element)
      .find(".xblock-v1")
      .filter((_index, each) => $(each).parent().closest(".xblock-v1").is(element))
      .map((_index, each) => $(each).prop("xblock"))
      .get();
  }

  const runtime = {
    version: "1",
    handlerUrl: handlerUrl,
    children: (block) => children(block.element),
    childMap: (block, name) => children(block.element).find((each) => each.name === name),
    notify: (name, data) => $(document).trigger("blockstore:" + name, [data]),
    refreshXBlock: () => global.location.reload(),
  };

  /** Start the script of one block; what fails there must not keep the others from starting. */
  function start(element) {
    const init = global[element.dataset.init];
    if (!element.dataset.init || element.xblock) {
      return;
    }
    if (typeof init !== "function") {
      global.console.error("There is no script " + element.dataset.init + " for", element);
      return;
    }
    const data = element.querySelector(":scope > script.xblock_json_init_args");
    try {
      const args = data ? [JSON.parse(data.textContent)] : [];
      // Most are written to be called as constructors, and only some say so.
      element.xblock = init.prototype
        ? new init(runtime, element, ...args)
        : init(runtime, element, ...args) || {};
    } catch (error) {
      global.console.error(error);
      element.xblock = {};
    }
    element.xblock.element = element;
    element.xblock.runtime = runtime;
    element.xblock.name = element.dataset.name;
    element.classList.add("xblock-initialized");
  }

  $.postWithPrefix = $.post;
  $.ajaxWithPrefix = $.ajax;
  $.getWithPrefix = $.get;

  // Of the platform's toolkit, under the names that scripts in blocks have for them.
  global.HtmlUtils = global.edx.HtmlUtils;
  global.StringUtils = global.edx.StringUtils;
  global.onTouchBasedDevice = () => (/iphone|ipad|android/i.exec(navigator.userAgent) || [""])[0];

  global.XBlock = { initializeBlocks: (root) => $(root).find(".xblock-v1").each((_i, e) => start(e)) };
  global.Logger = { log: () => $.Deferred().resolve(), listen: () => undefined };
  global.SR = {
    readText: (text) => $("#blockstore-announcements").text(text),
    readTexts: (texts) => $("#blockstore-announcements").text(texts.join(" ")),
    readElts: (elements) => $("#blockstore-announcements").text($(elements).text()),
    clear: () => $("#blockstore-announcements").text(""),
  };

  // The innermost blocks start first: a container's script may ask for its children.
  $(() => $($(".xblock-v1").get().reverse()).each((_index, each) => start(each)));
})(window);
