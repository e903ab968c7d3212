import { ASCII_BAR, type BarStyle, UNICODE_BAR } from './draw-bar.js'

/** The signs that a drawing adds to the text from records. */
export interface Glyphs {
  readonly branch: string
  readonly lastBranch: string
  readonly pass: string
  readonly ellipsis: string
  readonly failed: string
  readonly bullet: string
  readonly separator: string
  readonly arrow: string
  readonly micro: string
  readonly bar: BarStyle
}

/** Signs for terminals that show Unicode. */
export const UNICODE_GLYPHS: Glyphs = {
  branch: '├─ ',
  lastBranch: '└─ ',
  pass: '│  ',
  ellipsis: '…',
  failed: '✗ ',
  bullet: '• ',
  separator: ' · ',
  arrow: '→',
  micro: 'µs',
  bar: UNICODE_BAR,
}
/** Signs for terminals that show only ASCII. */
export const ASCII_GLYPHS: Glyphs = {
  branch: '|- ',
  lastBranch: '`- ',
  pass: '|  ',
  ellipsis: '...',
  failed: 'x ',
  bullet: '* ',
  separator: ', ',
  arrow: '->',
  micro: 'us',
  bar: ASCII_BAR,
}
