"""What a test asks of a page in the browser: faults of its layout, told by the words they hit."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT

OPEN_ALL = "document.querySelectorAll('details').forEach(d => { d.open = true })"
TEXT_SIZE = "percent => { document.documentElement.style.fontSize = `${percent}%` }"
LOADED = "document.fonts.ready.then(() => 1)"
AXE = """() => axe.run(document, {resultTypes: ['violations'], elementRef: false})
  .then(found => found.violations.flatMap(rule => rule.nodes.map(node =>
    `${rule.id}: ${node.html.slice(0, 120)} (${(node.any[0] || node.all[0] || node.none[0] || {})
      .message || rule.help})`)))"""
# On paper nothing scrolls: what lies beyond the edge is lost.
PAPER = """() => {
  const bad = [], width = document.documentElement.clientWidth;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n; (n = walker.nextNode());) {
    if (!n.data.trim() || n.parentElement.closest('.hidden, .skip, svg, [hidden]')) continue;
    const range = document.createRange();
    range.selectNodeContents(n);
    if ([...range.getClientRects()].some(r => r.width > 1 && r.right > width + 1))
      bad.push(`off the paper: ${n.data.trim().slice(0, 30)}`);
  }
  for (const e of document.querySelectorAll('main *')) {
    const clips = getComputedStyle(e).overflowX !== 'visible' && !e.closest('.hidden, svg');
    if (clips && e.scrollWidth > e.clientWidth + 1)
      bad.push(`cut off on paper: ${e.innerText.slice(0, 30)}`);
  }
  return [...new Set(bad)];
}"""
# Wider than the screen, outside it, cut off, one text over another, or a letter on each line. What
# scrolls by itself may be wider; what is there for screen readers alone is not seen.
LAYOUT = """() => {
  const bad = [], width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width)
    bad.push(`page is ${document.documentElement.scrollWidth} wide, the screen ${width}`);
  const scrolls = e => e.closest('.scroll');
  const seen = e => e.getClientRects().length && !e.closest('.hidden, .skip, svg, [hidden]');
  const words = n => n.data.trim().replace(/\\s+/g, ' ').slice(0, 30);
  const box = n => {
    let e = n.parentElement;
    while (getComputedStyle(e).display.startsWith('inline')) e = e.parentElement;
    return e;
  };
  const lines = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let n; (n = walker.nextNode());) {
    if (!n.data.trim() || !seen(n.parentElement)) continue;
    const range = document.createRange();
    range.selectNodeContents(n);
    const rows = new Set([...range.getClientRects()].map(r => Math.round(r.top))).size;
    if (/^[^\\u4e00-\\u9fff]{7,}$/.test(n.data.trim()) && rows > n.data.trim().length / 2)
      bad.push(`one letter a line: ${words(n)}`);
    for (const r of range.getClientRects()) {
      if (r.width < 2 || r.height < 2) continue;
      if (!scrolls(n.parentElement) && (r.right > width + 1 || r.left < -1))
        bad.push(`outside the screen: ${words(n)}`);
      lines.push([r, n]);
    }
  }
  lines.sort((a, b) => a[0].top - b[0].top);
  lines.forEach(([a, n], i) => {
    for (let j = i + 1; j < lines.length && lines[j][0].top < a.bottom; j++) {
      const [b, m] = lines[j];
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (wide < -2 || high < 0.3 * Math.min(a.height, b.height)) continue;
      if (wide > 2) bad.push(`over each other: ${words(n)} / ${words(m)}`);
      else if (box(n) !== box(m)) bad.push(`without a space: ${words(n)} / ${words(m)}`);
    }
  });
  for (const e of document.body.querySelectorAll('*')) {
    if (!seen(e) || scrolls(e) || !e.innerText || !e.innerText.trim()) continue;
    const style = getComputedStyle(e);
    const cut = side => ['hidden', 'clip'].includes(style[`overflow${side}`]);
    if ((cut('X') && e.scrollWidth > e.clientWidth + 1) ||
        (cut('Y') && e.scrollHeight > e.clientHeight + 1))
      bad.push(`cut off: ${e.innerText.trim().slice(0, 30)}`);
  }
  for (const e of document.querySelectorAll('button, .button, select')) {
    if (seen(e) && e.scrollWidth > e.clientWidth + 1) bad.push(`cut off: ${e.innerText}`);
  }
  return [...new Set(bad)];
}"""
# Chinese breaks between any two letters: a cell has room for four, or as many as its text has.
CELLS = """() => {
  const bad = [];
  for (const e of document.querySelectorAll('td, th')) {
    const runs = e.innerText.match(/[\\u4e00-\\u9fff]+/g);
    if (!runs || !e.getClientRects().length || e.closest('.hidden, [hidden]')) continue;
    const style = getComputedStyle(e), sides = ['paddingLeft', 'paddingRight'];
    const inner = e.clientWidth - sides.reduce((sum, side) => sum + parseFloat(style[side]), 0);
    const wanted = Math.min(4, Math.max(...runs.map(run => run.length)));
    const letters = inner / parseFloat(style.fontSize);
    if (letters < wanted - 0.1)
      bad.push(`${letters.toFixed(1)} letters wide: ${e.innerText.trim().slice(0, 20)}`);
  }
  return [...new Set(bad)];
}"""
# One main, navigations with names that differ, everything within a landmark, links with one name
# lead to one place.
LANDMARKS = """() => {
  const bad = [];
  const mains = document.querySelectorAll('main, [role=main]');
  if (mains.length !== 1) bad.push(`${mains.length} main landmarks`);
  const named = e => (e.getAttribute('aria-label') ||
    (document.getElementById(e.getAttribute('aria-labelledby')) || {}).textContent || '').trim();
  const navs = [...document.querySelectorAll('nav, [role=navigation], [role=region], aside')];
  const names = navs.map(named);
  navs.forEach((e, i) => { if (!names[i]) bad.push(`no name: ${e.outerHTML.slice(0, 60)}`); });
  names.forEach((n, i) => { if (names.indexOf(n) !== i) bad.push(`two landmarks: ${n}`); });
  const links = {};
  for (const a of document.querySelectorAll('a[href]')) {
    if (a.closest('[hidden]')) continue;
    const name = (a.getAttribute('aria-label') || a.textContent).trim().replace(/\\s+/g, ' ');
    if (!name) bad.push(`a link without a name: ${a.outerHTML.slice(0, 80)}`);
    (links[name] = links[name] || new Set()).add(a.getAttribute('href'));
  }
  for (const name in links)
    if (links[name].size > 1) bad.push(`one name, several places: ${name} ${[...links[name]]}`);
  if (document.querySelectorAll('h1').length !== 1) bad.push('not one h1');
  return bad;
}"""
# A picture of numbers has the same numbers in a table beside it.
CHARTS = """() => [...document.querySelectorAll('svg.chart')]
  .filter(chart => { const own = chart.closest('figure');
    return !own || own.querySelectorAll('table tr').length < 3; })
  .map(chart => chart.outerHTML.slice(0, 120))"""

# No label of a chart lies over another.
LABELS = """() => [...document.querySelectorAll('svg.chart')].flatMap(chart => {
  const bad = [], texts = [...chart.querySelectorAll('text')];
  const all = texts.map(e => [e, e.getBoundingClientRect()]);
  all.forEach(([e, a], i) => all.slice(i + 1).forEach(([f, b]) => {
    const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (wide > 1 && high > 0.3 * Math.min(a.height, b.height))
      bad.push(`over each other: ${e.textContent} / ${f.textContent}`);
  }));
  return bad;
})"""

# Chinese has its own commas, colons and brackets, and writes a day as 2016年5月8日. Texts in other
# languages, sources that are cited and what is typed are left out.
CHINESE = """() => {
  const body = document.querySelector('main');
  body.querySelectorAll('[lang=en], cite, code, textarea').forEach(e => e.remove());
  const text = body.innerText, bad = [];
  const near = at => text.slice(Math.max(0, at - 12), at + 12).replace(/\\s+/g, ' ');
  for (const [name, rule] of [
    ['sign', /[\\u4e00-\\u9fff”）] ?[,:;!?](?=\\s|$)/g], ['bracket', /[\\u4e00-\\u9fff]\\s?\\(/g],
    ['stop', /[\\u4e00-\\u9fff]\\.(?=\\s|$)/g], ['day', /\\b20\\d\\d-\\d\\d-\\d\\d\\b/g]])
    for (let found; (found = rule.exec(text));) bad.push(`${name}: ${near(found.index)}`);
  return [...new Set(bad)];
}"""
# The way back begins with an arrow wherever it stands.
CRUMBS = """() => [...document.querySelectorAll('.crumbs a')]
  .filter(a => !/^← \\S/.test(a.innerText)).map(a => `no arrow: ${a.innerText}`)"""
# WCAG 2.5.5: what is pressed is 44 pixels high and wide, but for links within a sentence.
THUMBS = """() => {
  const bad = [];
  const press = 'button, .button, select, input:not([type=hidden]), summary, .choice, a[href]';
  for (const e of document.querySelectorAll(press)) {
    if (e.closest('.hidden, .skip, svg, [hidden]') || !e.getClientRects().length) continue;
    const alone = e.parentElement.innerText.trim() === e.innerText.trim();
    if (e.tagName === 'A' && getComputedStyle(e).display === 'inline' && !alone) continue;
    if (e.closest('.choice') && !e.matches('.choice')) continue;
    const r = e.getBoundingClientRect();
    if (Math.min(r.width, r.height) < 43.5)
      bad.push(`${Math.round(r.width)} x ${Math.round(r.height)}: ${e.innerText || e.name}`);
  }
  return [...new Set(bad)];
}"""

WRONG_SEEN = "() => [...document.querySelectorAll('.wrong')].map(e => e.innerText)"
# What says that something is wrong is never as pale as a remark.
WRONG = """() => {
  const red = getComputedStyle(document.documentElement).getPropertyValue('--high').trim();
  const probe = document.body.appendChild(document.createElement('i'));
  probe.style.color = red;
  const wanted = getComputedStyle(probe).color;
  probe.remove();
  return [...document.querySelectorAll('.wrong')]
    .filter(e => getComputedStyle(e).color !== wanted).map(e => `pale: ${e.innerText}`);
}"""


def axe_faults(page: Any) -> list[str]:
    """Violations of axe-core's rules on a page, as rule, element and reason."""
    page.evaluate(AXE_SCRIPT)
    found: list[str] = page.evaluate(AXE)
    return found
