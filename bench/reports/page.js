import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { buildReport } from '@osprofiler/report'
import { renderPage } from '@osprofiler/viewer'
import { chromium } from 'playwright-core'
import { CHROMIUM, SWITCHES } from '../../test/chromium.js'
import { quantile, summarise } from '../statistics.js'
import { printTable, show } from '../table.js'
import { createRecords } from './records.js'
import { takeTurns } from './turns.js'

const POINT_COUNTS = [1000, 10_000, 100_000]
const FRAME_COUNT = 120
const ROW_SELECTOR = '.row[aria-level]'

/** Measures how long the pages of small and large traces take to open and to scroll. */
export async function runPage({ rounds }) {
  const directory = mkdtempSync(join(tmpdir(), 'osprofiler-bench-'))
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: SWITCHES })
  try {
    const pages = POINT_COUNTS.map(points => ({ points, ...writePage(directory, points) }))
    const taken = await takeTurns(
      pages.map(({ points, file }) => ({ name: points, measure: () => measurePage(browser, file) })),
      rounds,
    )
    printRows(pages, taken)
  } finally {
    await browser.close()
    rmSync(directory, { recursive: true })
  }
}

function writePage(directory, points) {
  const file = join(directory, `${points}.html`)
  const start = performance.now()
  const descriptor = openSync(file, 'w')
  for (const chunk of renderPage(buildReport(createRecords(points * 2, true)))) writeSync(descriptor, chunk)
  closeSync(descriptor)
  return { file, size: statSync(file).size, writtenMs: performance.now() - start }
}

async function measurePage(browser, file) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  try {
    const page = await context.newPage()
    await page.addInitScript(recordRows, ROW_SELECTOR)
    await page.goto(pathToFileURL(file).href)
    await page.waitForFunction(() => window.rowsMs !== undefined, undefined, { timeout: 120_000 })
    const opened = await page.evaluate(() => ({
      paintMs: performance.getEntriesByName('first-contentful-paint')[0]?.startTime,
      rowsMs: window.rowsMs,
    }))
    const scroll = await page.evaluate(scrollFrames, { rows: ROW_SELECTOR, frames: FRAME_COUNT })
    const jump = await page.evaluate(scrollFrames, { rows: ROW_SELECTOR, frames: FRAME_COUNT, jump: true })
    return { ...opened, scroll: summariseFrames(scroll), jump: summariseFrames(jump) }
  } finally {
    await context.close()
  }
}

function summariseFrames({ frames, blank }) {
  return { median: quantile(frames), late: quantile(frames, 0.95), worst: Math.max(...frames), blank }
}

/** Runs in the page: records when the first rows are painted, in milliseconds since the page was opened. */
function recordRows(rows) {
  const look = () => {
    if (document.querySelector(rows) === null) requestAnimationFrame(look)
    // This frame paints the rows. The next frame begins after the rows are painted.
    else
      requestAnimationFrame(() => {
        window.rowsMs = performance.now()
      })
  }
  requestAnimationFrame(look)
}

/**
 * Runs in the page: scrolls in every frame, by three rows or, with `jump`, to a random position. Resolves to the frame
 * durations in milliseconds, and to the number of frames that had no row in the middle of the view.
 */
async function scrollFrames({ rows, frames: count, jump = false }) {
  // Finds the element that scrolls. The page may replace its rows at any time, but never replaces this element.
  let scroller = document.querySelector('.grid') ?? document.querySelector(rows)
  while (
    scroller.scrollHeight <= scroller.clientHeight + 1 ||
    !/auto|scroll/.test(getComputedStyle(scroller).overflowY)
  ) {
    scroller = scroller.parentElement
  }
  const { left, top, width, height } = scroller.getBoundingClientRect()
  const nextFrame = () => new Promise(resolve => requestAnimationFrame(resolve))
  const frames = []
  let blank = 0
  let last = await nextFrame()
  for (let frame = 0; frame < count; frame++) {
    if (jump) scroller.scrollTop = ((frame * 0.618034) % 1) * (scroller.scrollHeight - scroller.clientHeight)
    else scroller.scrollTop += 72
    const now = await nextFrame()
    frames.push(now - last)
    last = now
    if (document.elementFromPoint(left + width / 2, top + height / 2)?.closest(rows) === null) blank++
  }
  return { frames, blank }
}

function printRows(pages, taken) {
  const median = (points, read, digits = 0) => show(summarise(taken.get(points).map(read)), digits)
  const frames = (points, way) =>
    ['median', 'late', 'worst', 'blank'].map(key =>
      summarise(taken.get(points).map(use => use[way][key])).median.toFixed(0),
    )
  printTable(
    'The page, in ms',
    ['points', 'MB', 'writing the file', 'first paint', 'first rows'],
    pages.map(({ points, size, writtenMs }) => [
      points,
      (size / 1e6).toFixed(1),
      writtenMs.toFixed(0),
      median(points, ({ paintMs }) => paintMs),
      median(points, ({ rowsMs }) => rowsMs),
    ]),
  )
  printTable(
    `The frames of the page, in ms, while it scrolls (${FRAME_COUNT} each)`,
    ['points', 'by 3 rows: median', '95 %', 'worst', 'blank', 'jumping: median', '95 %', 'worst', 'blank'],
    pages.map(({ points }) => [points, ...frames(points, 'scroll'), ...frames(points, 'jump')]),
  )
}
