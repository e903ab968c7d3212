import type { KeyGroups } from '../shared/shortcuts-sheet.js'

/** Keyboard shortcuts of a trace's page, as the shortcuts dialog shows them. */
export const TRACE_SHORTCUTS: KeyGroups = [
  [
    'Rows',
    [
      ['↑ ↓', 'go to the previous or next row'],
      ['←', 'close the row, or go to its parent'],
      ['→', 'open the row, or go to its first child'],
      ['o  *', 'open all rows below'],
      ['x', 'close all rows below'],
      ['Home End', 'go to the first or last row'],
      ['Page Up, Page Down', 'scroll one screen up or down'],
      ['Enter', 'show the details'],
      ['[ ]', 'close or open one level'],
    ],
  ],
  [
    'Time',
    [
      ['+ -', 'zoom in or out'],
      ['Shift ← →', 'move to earlier or later times'],
      ['z', 'zoom to the selected point'],
      ['0', 'show the whole trace'],
    ],
  ],
  [
    'Find',
    [
      ['/', 'search'],
      ['n p', 'go to the next or previous match'],
      ['e', 'show only failed points, or all'],
      ['c', 'show or hide the critical path'],
    ],
  ],
  [
    'Page',
    [
      ['1 2 3', 'show the waterfall, flame graph or statistics'],
      ['t', 'switch the theme'],
      ['?', 'show these shortcuts'],
      ['Esc', 'close the details, or clear the matches'],
    ],
  ],
]
