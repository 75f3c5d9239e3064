"""The page of a simulation or a recording: one HTML file without anything from outside.

`page.page` makes it of the records in `autoscale.replay.result`. The parts, in reading order:

- `markup` escapes, `palette` has the colours, `ticks` and `measures` write numbers
- `panels` and `metricpanels` say which `shapes` are drawn, `paths` makes lines of them, `figures`
  puts words around them
- `cards`, `changes`, `setup`: the scores, the decisions and the settings as tables
- `series` is what `page.js` reads to show each step; `page.css` is how all looks
"""
