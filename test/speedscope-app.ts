import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { basename, dirname, extname, join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect } from 'vitest'
import { launchPage } from './page-browser.js'

const APP_FOLDER = dirname(createRequire(import.meta.url).resolve('speedscope/dist/release/file-format-schema.json'))
const TYPES_BY_EXTENSION: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.png': 'image/png',
}
/** Where the outermost points of a profile are drawn, below the toolbar and the map of the whole. */
const OUTERMOST_ROW_PX = 155
const WAIT_OPTIONS = { timeout: 30_000 }

/** What the application shows of an opened file. */
export interface ShownTrace {
  readonly page: Page
  readonly title: string
  readonly profiles: readonly ShownProfile[]
  /** What went wrong in the page, and the application's complaints about the file. */
  readonly offences: () => readonly string[]
}

export interface ShownProfile {
  readonly name: string
  /** Name and total time, in the order of the names. */
  readonly symbols: readonly string[]
}

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1')
  const name = pathname === '/' ? 'index.html' : basename(pathname)
  readFile(join(APP_FOLDER, name)).then(
    content =>
      response.writeHead(200, { 'content-type': TYPES_BY_EXTENSION[extname(name)] ?? 'text/plain' }).end(content),
    () => response.writeHead(404).end(),
  )
})

beforeAll(() => new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve)))

afterAll(() => {
  server.closeAllConnections()
  server.close()
})

/** Gives an export to the application as its user does, and looks through its profiles. */
export async function openInSpeedscope(chunks: Iterable<string>): Promise<ShownTrace> {
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  // The table holds only the rows that there is room for.
  const viewport = { width: 1280, height: 4000 }
  const { page, offences } = await launchPage(`${origin}/#view=sandwich`, { viewport }, origin)
  const complaints: string[] = []
  page.on('console', message => {
    const text = message.text()
    // What a driver says of drawing without a graphics card is no complaint about the file.
    if (message.type() === 'warning' && !text.startsWith('[.WebGL')) complaints.push(`console ${text}`)
  })

  const buffer = Buffer.from([...chunks].join(''))
  await page.locator('input[type=file]').setInputFiles({ name: 'trace.json', mimeType: 'application/json', buffer })
  await expect.poll(async () => offences[0] ?? (await readOutcome(page)), WAIT_OPTIONS).toBe('shown')

  const profiles: ShownProfile[] = []
  for (let index = 1, count = 1; index <= count; index++) {
    if (index > 1) await page.keyboard.press('n')
    await expect.poll(async () => (await readToolbar(page))?.index, WAIT_OPTIONS).toBe(index)
    const toolbar = await readToolbar(page)
    count = toolbar?.count ?? 0
    profiles.push({ name: toolbar?.name ?? '', symbols: await readSymbols(page) })
  }
  return { page, title: await page.title(), profiles, offences: () => [...offences, ...complaints] }
}

async function readOutcome(page: Page): Promise<string> {
  if ((await readToolbar(page)) !== undefined) return 'shown'
  return (await page.getByText('Something went wrong').isVisible()) ? 'refused' : 'waiting'
}

/** The name of the profile that is shown, and which it is of how many; `undefined` as long as there is none. */
async function readToolbar(page: Page): Promise<{ name: string; index: number; count: number } | undefined> {
  const text = (await page.locator('body').textContent()) ?? ''
  const [, name, index = '1', count = '1'] = /Sandwich(.*?)(?: \((\d+)\/(\d+)\).*?)?⤴️Export/s.exec(text) ?? []
  return name === undefined ? undefined : { name, index: Number(index), count: Number(count) }
}

/** The table of the view "Sandwich". To names out of trace events speedscope adds the arguments. */
async function readSymbols(page: Page): Promise<string[]> {
  const rows = page.locator('tr:not([title])', { has: page.locator('td') })
  await rows.first().waitFor()
  const cells = await rows.evaluateAll(found =>
    found.map(row => [...row.querySelectorAll('td')].map(cell => cell.textContent)),
  )
  return cells.map(([total, , name]) => `${name?.split(' {"trace_id":')[0]}: ${total}`).toSorted()
}

/** The names in the list that a press of `t` opens. */
export async function listProfiles(page: Page): Promise<string[]> {
  await page.keyboard.press('t')
  const names = page.locator('tr[title] td:nth-child(2)')
  await names.first().waitFor()
  return names.allTextContents()
}

/**
 * Waits until the first profile in the open list tells of its outermost point. Its chart is drawn and no text, but what
 * the mouse is on is told.
 */
export async function waitForFirstPoint(page: Page, told: string): Promise<void> {
  await page.locator('tr[title]').first().click()
  await page.keyboard.press('1')
  const readBelowMouse = async () => {
    await page.mouse.move(600, OUTERMOST_ROW_PX)
    await page.mouse.move(640, OUTERMOST_ROW_PX)
    return page.locator('body').textContent()
  }
  await expect.poll(readBelowMouse, WAIT_OPTIONS).toContain(told)
}
