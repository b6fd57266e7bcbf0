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

  /** The blocks in a block, which is given by its element or, by some, as what its script has made. */
  function children(block) {
    const element = $((block && block.element) || block).closest(".xblock-v1");
    return element
      .find(".xblock-v1")
      .filter((_index, each) => $(each).parent().closest(".xblock-v1").is(element))
      .map((_index, each) => each.xblock)
      .get();
  }

  const runtime = {
    version: "1",
    handlerUrl: handlerUrl,
    children: children,
    childMap: (block, name) => children(block).find((each) => each.name === name),
    notify: (name, data) => $(document).trigger("blockstore:" + name, [data]),
    refreshXBlock: () => global.location.reload(),
  };

  /** What the script of a block makes of its element; nothing where there is no script. */
  function made(element) {
    const init = global[element.dataset.init];
    if (!element.dataset.init) {
      return {};
    }
    if (typeof init !== "function") {
      global.console.error("There is no script " + element.dataset.init + " for", element);
      return {};
    }
    const data = element.querySelector(":scope > script.xblock_json_init_args");
    try {
      const args = data ? JSON.parse(data.textContent) : {};
      // Most are written to be called as constructors, and only some say so.
      return init.prototype ? new init(runtime, element, args) : init(runtime, element, args) || {};
    } catch (error) {
      // What fails here must not keep the others from starting.
      global.console.error(error);
      return {};
    }
  }

  /** Start one block. One without a script is there for its container, too. */
  function start(element) {
    if (element.xblock) {
      return;
    }
    element.xblock_children = children(element);
    element.xblock = Object.assign(made(element), {
      element: element,
      runtime: runtime,
      name: element.dataset.name,
      type: element.dataset.blockType,
    });
    $(element).addClass("xblock-initialized").trigger("xblock-initialized");
  }

  /** The innermost start first: a container's script may ask for its children. */
  function startAll(elements) {
    elements.get().reverse().forEach(start);
  }

  $.postWithPrefix = $.post;
  $.ajaxWithPrefix = $.ajax;
  $.getWithPrefix = $.get;

  // Of the platform's toolkit, under the names that scripts in blocks have for them.
  global.HtmlUtils = global.edx.HtmlUtils;
  global.StringUtils = global.edx.StringUtils;
  global.onTouchBasedDevice = () => (/iphone|ipad|android/i.exec(navigator.userAgent) || [""])[0];

  global.XBlock = {
    initializeBlocks: (root) => startAll($(root).find(".xblock-v1")),
    initializeBlock: (element) => {
      startAll($(element).find(".xblock-v1").addBack());
      return $(element).get(0).xblock;
    },
  };
  // Scripts tell one another of what happens, in one block or anywhere; nobody else is told.
  const listeners = [];
  global.Logger = {
    log: (kind, data, element) => {
      listeners
        .filter((each) => each.kind === kind && (!each.element || each.element === element))
        .forEach((each) => each.callback(kind, data, element));
      return $.Deferred().resolve();
    },
    listen: (kind, element, callback) => {
      listeners.push({ kind: kind, element: element, callback: callback });
    },
  };
  global.SR = {
    readText: (text) => $("#blockstore-announcements").text(text),
    readTexts: (texts) => $("#blockstore-announcements").text(texts.join(" ")),
    readElts: (elements) => $("#blockstore-announcements").text($(elements).text()),
    clear: () => $("#blockstore-announcements").text(""),
  };

  $(() => startAll($(".xblock-v1")));
})(window);
