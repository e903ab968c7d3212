import { createRedrawing } from './redraw.js'

/** Who gets an answer within this time needs no progress. */
const SILENT_MS = 1_000
const STEP_MS = 200
const WIDTH = 80

/**
 * The line on standard error that says what takes so long. There is one, as there is one terminal; a pipe, a file and a
 * terminal that cannot take a line back (`TERM=dumb`) never get it.
 */
const line = createRedrawing(process.stderr)
let words = ''
let began = 0
let drawn = 0
let timer: NodeJS.Timeout | undefined

/**
 * Says what is being done, with numbers where they are known. The line appears where this takes more than a second, and
 * says how long it has taken.
 */
export function showProgress(doing: string): void {
  if (!process.stderr.isTTY || process.env.TERM === 'dumb') return
  words = doing
  if (timer === undefined) {
    began = Date.now()
    drawn = 0
    timer = setInterval(draw, STEP_MS).unref()
  } else if (Date.now() - drawn >= STEP_MS) draw()
}

/** Takes the line away, because what was done has an end. */
export function endProgress(): void {
  clearInterval(timer)
  timer = undefined
  line.clear()
}

/** Takes the line away for a moment, in which something else is written to the terminal. */
export function pauseProgress(): void {
  if (timer === undefined) return
  line.clear()
  drawn = Date.now()
}

function draw(): void {
  const now = Date.now()
  if (now - began < SILENT_MS) return
  drawn = now
  const room = (process.stderr.columns || WIDTH) - 1
  line.draw(`${words}, ${Math.floor((now - began) / 1_000)} s`.slice(0, room))
}
