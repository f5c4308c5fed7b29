"use strict";
(() => {
  const root = document.documentElement;
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const drawn = new Map();

  // Theme: as the system says, until the reader chooses. Not every browser keeps a choice for a file.
  const themes = ["auto", "light", "dark"];
  const remembered = () => { try { return localStorage.getItem("reporter-theme"); } catch { return null; } };
  const remember = (theme) => { try { localStorage.setItem("reporter-theme", theme); } catch { /* the choice lasts as long as the page */ } };

  let theme = themes.includes(remembered()) ? remembered() : "auto";
  let printing = false;
  const isDark = () => !printing && (theme === "dark" || (theme === "auto" && prefersDark.matches));

  function showTheme() {
    if (theme === "auto") delete root.dataset.theme; else root.dataset.theme = theme;
    document.querySelector("#theme span").textContent = theme;
    redraw();
  }

  function redraw() {
    drawn.forEach((figure, place) => plotly().react(place, figure.data.map(recoloured), themed(figure.layout), config).then(asToolbar));
  }

  // Plots: drawn when they come near the window, in the page's colours. Nothing of them may leave the page, so what plotly
  // has for sharing a chart goes thrice: the option, the button by its name, and the address that it would send to.
  const config = {
    responsive: true, displaylogo: false, showSendToCloud: false, plotlyServerURL: "",
    modeBarButtonsToRemove: ["select2d", "lasso2d", "sendChartToCloud"],
  };

  const titleRow = 34;
  const paperWidth = 620;

  function inked(part, ink) {
    if (Array.isArray(part)) return part.map((item) => inked(item, ink));
    if (part === null || typeof part !== "object") return part;
    const entries = Object.entries(part).map(([key, value]) => [key, inked(value, ink)]);
    return Object.fromEntries(entries.map(([key, value]) => [key, /font$/.test(key) ? { ...value, color: ink } : value]));
  }

  // The palette is made for paper: what is too dark for a dark page is lightened there.
  const lightened = { "#0072b2": "#4aa8e0", "#000000": "#e6edf3" };
  const onPage = (color) => (isDark() && typeof color === "string" && lightened[color.toLowerCase()]) || color;

  function recoloured(trace) {
    const copy = { ...trace };
    for (const part of ["line", "marker"]) {
      if (trace[part]) copy[part] = { ...trace[part], color: onPage(trace[part].color) };
    }
    if (trace.marker?.line) copy.marker.line = { ...trace.marker.line, color: onPage(trace.marker.line.color) };
    return copy;
  }

  function themed(layout) {
    const [ink, soft, grid, back] = isDark() ? ["#e6edf3", "#9198a1", "#30363d", "#161b22"] : ["#1f2328", "#59636e", "#e3e8ee", "#ffffff"];
    const { title, width, height = 400, margin, ...rest } = layout;
    const own = inked({ font: {}, ...rest }, ink);
    for (const key of Object.keys(own)) {
      if (/^[xy]axis\d*$/.test(key)) {
        own[key] = { ...own[key], color: ink, gridcolor: grid, zerolinecolor: grid, linecolor: grid };
      }
    }
    return {
      ...own,
      autosize: !printing,
      width: printing ? paperWidth : undefined,
      height: height - (title ? titleRow : 0),
      margin: { ...margin, t: Math.max(16, (margin?.t ?? 50) - (title ? titleRow : 0)) },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      modebar: { color: soft, activecolor: ink, bgcolor: back },
      hoverlabel: { ...own.hoverlabel, bgcolor: back, bordercolor: grid, font: { color: ink } },
    };
  }

  // The library is in the page as text, and runs when the first plot is near: reading can start before.
  function plotly() {
    if (!window.Plotly) {
      const script = document.createElement("script");
      script.textContent = document.getElementById("plotly").textContent;
      document.body.append(script);
    }
    return window.Plotly;
  }

  function draw(place) {
    if (drawn.has(place)) return;
    const figure = JSON.parse(document.getElementById(place.dataset.figure).textContent);
    figure.layout ??= {};
    drawn.set(place, figure);
    plotly().newPlot(place, figure.data.map(recoloured), themed(figure.layout), config).then(asToolbar);
  }

  // The drawing is told in words beside it. Its buttons are one stop of the tab key; the arrow keys go from one to the next.
  function asToolbar(place) {
    place.querySelectorAll(".main-svg").forEach((drawing) => drawing.setAttribute("aria-hidden", "true"));
    const bar = place.querySelector(".modebar");
    const buttons = [...bar.querySelectorAll("button")];
    const stopAt = (chosen) => buttons.forEach((button) => { button.tabIndex = button === chosen ? 0 : -1; });
    bar.setAttribute("role", "toolbar");
    bar.setAttribute("aria-label", `Tools of ${place.dataset.title}`);
    bar.onkeydown = (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const next = buttons.at((buttons.indexOf(event.target) + step) % buttons.length);
      stopAt(next);
      next.focus();
    };
    stopAt(buttons[0]);
  }

  // One plot a frame, so that each is seen as soon as it is done.
  const waiting = [];

  function drawNext() {
    draw(waiting.shift());
    if (waiting.length) requestAnimationFrame(drawNext);
  }

  const places = [...document.querySelectorAll(".plot")];
  const watcher = new IntersectionObserver((entries) => {
    const near = entries.filter((entry) => entry.isIntersecting).map((entry) => entry.target);
    near.forEach((place) => watcher.unobserve(place));
    if (near.length && !waiting.length) requestAnimationFrame(drawNext);
    waiting.push(...near);
  }, { rootMargin: "200px" });
  places.forEach((place) => {
    place.parentElement.querySelector(".words").className = "unseen";
    place.hidden = false;
    watcher.observe(place);
  });
  addEventListener("beforeprint", () => {
    printing = true;
    places.forEach(draw);
    redraw();
  });
  addEventListener("afterprint", () => {
    printing = false;
    redraw();
  });

  // Tables: sorted by their headings (up, down, as they were), filtered by text.
  const order = new Intl.Collator("en", { numeric: true });

  function compare(left, right) {
    const [a, b] = [left.dataset.sort, right.dataset.sort];
    if (a !== undefined && b !== undefined) return a === b ? 0 : Number(a) - Number(b);
    if (a !== undefined) return -1;
    return b !== undefined ? 1 : order.compare(left.textContent, right.textContent);
  }

  function sorted(rows, index, sign) {
    return rows.toSorted((one, other) => {
      const [left, right] = [one.cells[index], other.cells[index]];
      const emptyLast = (left.textContent === "") - (right.textContent === "");
      return emptyLast || sign * compare(left, right);
    });
  }

  const directionAfter = { none: "ascending", ascending: "descending", descending: "none" };
  const signs = { ascending: 1, descending: -1 };

  for (const table of document.querySelectorAll("table.sortable")) {
    const [headings, rows] = [[...table.tHead.rows[0].cells], [...table.tBodies[0].rows]];
    const sort = (index) => {
      const direction = directionAfter[headings[index].getAttribute("aria-sort")];
      headings.forEach((heading) => heading.setAttribute("aria-sort", "none"));
      headings[index].setAttribute("aria-sort", direction);
      table.tBodies[0].append(...(direction === "none" ? rows : sorted(rows, index, signs[direction])));
    };
    headings.forEach((heading, index) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = heading.textContent;
      button.addEventListener("click", () => sort(index));
      heading.setAttribute("aria-sort", "none");
      heading.replaceChildren(button);
    });
  }

  // Text as one types it: any minus or dash is a hyphen, any space a space, and thousands have no commas.
  const typed = (text) => text.normalize("NFKC").toLowerCase().replace(/[\u2010-\u2015\u2212]/g, "-").replace(/(\d),/g, "$1");

  for (const tools of document.querySelectorAll(".tools")) {
    const rows = [...document.getElementById(tools.dataset.for).tBodies[0].rows];
    const [text, differing] = [tools.querySelector("[type=search]"), tools.querySelector("[type=checkbox]")];
    const narrow = () => {
      const words = typed(text.value).split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const row of rows) {
        const content = typed(row.textContent);
        row.hidden = (differing?.checked && row.classList.contains("quiet")) || !words.every((word) => content.includes(word));
        shown += !row.hidden;
      }
      tools.querySelector("[role=status]").textContent = shown === rows.length ? "" : `${shown} of ${rows.length} rows`;
    };
    text.addEventListener("input", narrow);
    differing?.addEventListener("change", narrow);
    tools.hidden = false;
  }

  const button = document.getElementById("theme");
  button.hidden = false;
  button.addEventListener("click", () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length];
    remember(theme);
    showTheme();
  });
  prefersDark.addEventListener("change", showTheme);
  showTheme();
})();
