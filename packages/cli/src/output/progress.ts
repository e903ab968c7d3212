import { createScreenArea } from './screen-area.js'

/** If a command finishes within this time, it shows no progress. */
const SHOW_AFTER_MS = 1_000
const REDRAW_INTERVAL_MS = 200
/** Processing this many records takes about a second, during which no timer can fire. */
const LONG_STEP_RECORDS = 50_000
const DEFAULT_WIDTH_COLUMNS = 80

/**
 * The progress line on standard error. It is not shown in pipes, files and terminals that cannot erase (`TERM=dumb`).
 */
const progressLine = createScreenArea(process.stderr)
let message = ''
let startedAt = 0
let drawnAt = 0
let timer: NodeJS.Timeout | undefined

/**
 * Shows what the command is doing. The line appears after a second, or immediately if the next step processes many
 * `records`.
 */
export function showProgress(doing: string, records = 0): void {
  if (!process.stderr.isTTY || process.env.TERM === 'dumb') return
  message = doing
  if (timer === undefined) {
    startedAt = Date.now()
    drawnAt = 0
    timer = setInterval(drawIfDue, REDRAW_INTERVAL_MS).unref()
  }
  if (records >= LONG_STEP_RECORDS) draw(Date.now())
  else drawIfDue()
}

/** Removes the progress line after the work has ended. */
export function endProgress(): void {
  clearInterval(timer)
  timer = undefined
  progressLine.clear()
}

/** Removes the progress line, so that other text can be written to the terminal. The line is drawn again later. */
export function pauseProgress(): void {
  progressLine.clear()
  drawnAt = Date.now()
}

function drawIfDue(): void {
  const now = Date.now()
  if (now - startedAt >= SHOW_AFTER_MS && now - drawnAt >= REDRAW_INTERVAL_MS) draw(now)
}

function draw(now: number): void {
  drawnAt = now
  const seconds = Math.floor((now - startedAt) / 1_000)
  const text = seconds === 0 ? message : `${message}, ${seconds} s`
  progressLine.draw(text.slice(0, (process.stderr.columns || DEFAULT_WIDTH_COLUMNS) - 1))
}
