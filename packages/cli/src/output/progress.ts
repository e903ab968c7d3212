import { createScreenArea } from './screen-area.js'

/** An answer within this time needs no progress. */
const SILENT_MS = 1_000
const STEP_MS = 200
/** Records of which a step takes about a second, in which no timer runs. */
const MANY_RECORDS = 50_000
const WIDTH = 80

/**
 * The line on standard error that says what takes so long. There is one, as there is one terminal; a pipe, a file and a
 * terminal that cannot take a line back (`TERM=dumb`) never get it.
 */
const line = createScreenArea(process.stderr)
let words = ''
let began = 0
let drawn = 0
let timer: NodeJS.Timeout | undefined

/**
 * Says what is being done, with numbers where they are known. The line appears where the command has taken a second, and
 * says how long it has taken.
 *
 * @param records how many records the next step takes as a whole: many make the line appear at once
 */
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

/** Takes the line away, because what was done has an end. */
export function endProgress(): void {
  clearInterval(timer)
  timer = undefined
  line.clear()
}

/** Takes the line away for a moment, in which something else is written to the terminal. */
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
