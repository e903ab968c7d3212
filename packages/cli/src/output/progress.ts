import { createScreenArea } from './screen-area.js'

/** An answer within this time shows no progress. */
const SILENT_MS = 1_000
const STEP_MS = 200
/** A step over this many records takes about a second, in which no timer runs. */
const MANY_RECORDS = 50_000
const WIDTH = 80

/** The only line of progress, on standard error. Pipes, files and terminals that cannot erase (`TERM=dumb`) lack it. */
const line = createScreenArea(process.stderr)
let words = ''
let began = 0
let drawn = 0
let timer: NodeJS.Timeout | undefined

/** Says what is being done. The line appears after a second, or at once if the next step takes many `records`. */
export function showProgress(doing: string, records = 0): void {
  if (!process.stderr.isTTY || process.env.TERM === 'dumb') return
  words = doing
  if (timer === undefined) {
    began = Date.now()
    drawn = 0
    timer = setInterval(drawInTime, STEP_MS).unref()
  }
  if (records >= MANY_RECORDS) draw(Date.now())
  else drawInTime()
}

/** Removes the line, because the work has ended. */
export function endProgress(): void {
  clearInterval(timer)
  timer = undefined
  line.clear()
}

/** Removes the line while something else is written to the terminal. */
export function pauseProgress(): void {
  line.clear()
  drawn = Date.now()
}

function drawInTime(): void {
  const now = Date.now()
  if (now - began >= SILENT_MS && now - drawn >= STEP_MS) draw(now)
}

function draw(now: number): void {
  drawn = now
  const seconds = Math.floor((now - began) / 1_000)
  const text = seconds === 0 ? words : `${words}, ${seconds} s`
  line.draw(text.slice(0, (process.stderr.columns || WIDTH) - 1))
}
