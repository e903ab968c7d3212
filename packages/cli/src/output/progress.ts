import { createScreenArea } from './screen-area.js'

/** An answer within this time shows no progress. */
const SHOW_AFTER_MS = 1_000
const REDRAW_INTERVAL_MS = 200
/** A step over this many records takes about a second, in which no timer runs. */
const LONG_STEP_RECORDS = 50_000
const DEFAULT_WIDTH_COLUMNS = 80

/** The only line of progress, on standard error. Pipes, files and terminals that cannot erase (`TERM=dumb`) lack it. */
const progressLine = createScreenArea(process.stderr)
let message = ''
let startedAt = 0
let drawnAt = 0
let timer: NodeJS.Timeout | undefined

/** Says what is being done. The line appears after a second, or at once if the next step takes many `records`. */
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

/** Removes the line, because the work has ended. */
export function endProgress(): void {
  clearInterval(timer)
  timer = undefined
  progressLine.clear()
}

/** Removes the line while something else is written to the terminal. */
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
