/** The page's only style. No sign that XML would have to escape may stand in it. */
export const pageStyle = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --card: #ffffff; --ink: #1b2130; --soft: #576074; --line: #dfe3ea; --grid: #e9ecf1;
  --accent: #1f56c3; --band: #1f56c3; --harm: #a8321f; --good: #17693d; --wait: #7a5200; --mark: #6d7688; --shade: #f5f7fa;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #12151b; --card: #181c24; --ink: #e7eaf0; --soft: #a2abbb; --line: #2c3340; --grid: #262c37;
    --accent: #8db4ff; --band: #6b9bff; --harm: #ff9a85; --good: #74d39d; --wait: #f0c674; --mark: #8b95a7; --shade: #1e232d;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main { max-width: 960px; margin: 0 auto; padding: 32px 24px 48px; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 4px; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 40px 0 12px; }
h3 { font-size: 1rem; margin: 0 0 2px; overflow-wrap: anywhere; }
p { margin: 0 0 8px; overflow-wrap: anywhere; }
.soft { color: var(--soft); }
.small { font-size: .875rem; }
.status { display: inline-block; border: 1.5px solid currentColor; border-radius: 999px; padding: 1px 12px; font-size: .875rem; font-weight: 600; }
.good { color: var(--good); } .bad { color: var(--harm); } .wait { color: var(--wait); } .calm { color: var(--soft); }
.verdict { border-left: 5px solid currentColor; padding: 4px 0 4px 18px; margin: 20px 0; }
.verdict p { color: var(--ink); font-size: 1.25rem; line-height: 1.45; margin: 0; }
.facts { display: grid; grid-template-columns: repeat(4, 1fr); gap: 1px; background: var(--line); border: 1px solid var(--line); border-radius: 8px; overflow: hidden; margin: 20px 0; padding: 0; }
.facts div { background: var(--card); padding: 10px 14px; }
.facts dt { color: var(--soft); font-size: .8125rem; }
.facts dd { margin: 0; font-weight: 600; font-variant-numeric: tabular-nums; }
.metric { border: 1px solid var(--line); border-radius: 8px; background: var(--card); padding: 16px 18px 12px; margin: 0 0 18px; break-inside: avoid; }
.metric svg { display: block; width: 100%; height: auto; margin-top: 10px; }
.narrow { display: none; }
figure { margin: 0; }
figcaption { color: var(--soft); font-size: .8125rem; margin-top: 2px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; min-width: 55%; margin-bottom: 18px; font-variant-numeric: tabular-nums; font-size: .9375rem; }
caption { text-align: left; color: var(--soft); font-size: .875rem; padding-bottom: 6px; }
th, td { text-align: left; vertical-align: top; padding: 7px 26px 7px 0; border-bottom: 1px solid var(--line); }
th { font-weight: 600; color: var(--soft); font-size: .8125rem; }
tbody th { color: var(--ink); font-size: inherit; }
th.number, td.number { text-align: right; white-space: nowrap; }
.nowrap { white-space: nowrap; }
.applied { background: var(--shade); }
.applied td:first-child, .applied th:first-child { box-shadow: inset 4px 0 0 var(--accent); padding-left: 12px; }
ol.plain { list-style: none; margin: 0; padding: 0; }
ol.plain li { border-bottom: 1px solid var(--line); padding: 8px 0; overflow-wrap: anywhere; }
dl.words dt { font-weight: 600; margin-top: 10px; }
dl.words dd { margin: 0; color: var(--soft); }
svg text { font: 12px system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; fill: var(--soft); font-variant-numeric: tabular-nums; }
svg .name { fill: var(--soft); }
svg .grid { stroke: var(--grid); }
svg .axis { stroke: var(--mark); }
svg .zero { stroke: var(--ink); stroke-width: 1.5; }
svg .margin { stroke: var(--harm); stroke-width: 1.5; stroke-dasharray: 7 4; }
svg .hatch { stroke: var(--harm); stroke-width: 1; opacity: .45; }
svg .band { fill: var(--band); opacity: .2; }
svg .bound { fill: none; stroke: var(--band); stroke-width: 1; opacity: .75; }
svg .bar { stroke: var(--band); stroke-width: 8; opacity: .35; }
svg .estimate { fill: none; stroke: var(--accent); stroke-width: 2.25; stroke-linejoin: round; }
svg .dot { fill: var(--accent); }
svg .mark { stroke: var(--mark); stroke-dasharray: 2 3; }
svg .strong, svg .now { fill: var(--ink); font-weight: 600; }
svg .now { fill: var(--accent); }
svg .harm { fill: var(--harm); }
footer { margin-top: 40px; color: var(--soft); font-size: .875rem; }
@media (max-width: 620px) {
  main { padding: 20px 14px 36px; }
  .metric { padding: 12px 10px 8px; }
  figure .wide { display: none; } .narrow { display: block; }
  .facts { grid-template-columns: repeat(2, 1fr); }
  .verdict p { font-size: 1.1rem; }
  table { min-width: 100%; }
  th, td { padding-right: 12px; }
}
@media print {
  :root { color-scheme: light; --paper: #ffffff; --card: #ffffff; --ink: #000000; --soft: #444444; --line: #bbbbbb; --grid: #dddddd; --accent: #1f56c3; --band: #1f56c3; --harm: #a8321f; --good: #17693d; --wait: #7a5200; --mark: #666666; --shade: #eeeeee; }
  body { font-size: 10.5pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  main { max-width: none; padding: 0; }
  h2 { break-after: avoid; } table, li, .verdict { break-inside: avoid; }
  figure .wide { display: block; } figure .narrow { display: none; }
}
`
