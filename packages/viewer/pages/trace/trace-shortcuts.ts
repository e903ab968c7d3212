import type { KeyGroups } from '../shared/shortcuts-sheet.js'

/** Keys of the page of a trace, as its sheet shows them. */
export const TRACE_SHORTCUTS: KeyGroups = [
  [
    'Rows',
    [
      ['↑ ↓', 'previous, next row'],
      ['← →', 'close, open a row; to its parent, its first child'],
      ['o  *', 'open all below'],
      ['x', 'close all below'],
      ['Home End', 'first, last row'],
      ['Page Up, Page Down', 'a screen up, down'],
      ['Enter', 'details'],
      ['[ ]', 'one level less, more'],
    ],
  ],
  [
    'Time',
    [
      ['+ -', 'zoom in, out'],
      ['Shift ← →', 'earlier, later'],
      ['z', 'zoom to the selected point'],
      ['0', 'the whole trace'],
    ],
  ],
  [
    'Find',
    [
      ['/', 'search'],
      ['n p', 'next, previous match'],
      ['e', 'only what failed'],
      ['c', 'critical path'],
    ],
  ],
  [
    'Page',
    [
      ['1 2 3', 'waterfall, flame graph, statistics'],
      ['t', 'theme'],
      ['?', 'this sheet'],
      ['Esc', 'close'],
    ],
  ],
]
