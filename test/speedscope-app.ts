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
/** The vertical position of a profile's outermost points, below the toolbar and the overview. */
const OUTERMOST_ROW_PX = 155
const WAIT_OPTIONS = { timeout: 30_000 }

/** The contents of speedscope's page after it has opened a file. */
export interface ShownTrace {
  readonly page: Page
  readonly title: string
  readonly profiles: readonly ShownProfile[]
  /** Returns the errors on the page, and speedscope's complaints about the file. */
  readonly offences: () => readonly string[]
}

export interface ShownProfile {
  readonly name: string
  /** Name and total time of each symbol, sorted by name. */
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

/** Opens an exported file in speedscope as a user would, and reads the profiles. */
export async function openInSpeedscope(chunks: Iterable<string>): Promise<ShownTrace> {
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  // The table renders only the rows that fit on the screen.
  const viewport = { width: 1280, height: 4000 }
  const { page, offences } = await launchPage(`${origin}/#view=sandwich`, { viewport }, origin)
  const complaints: string[] = []
  page.on('console', message => {
    const text = message.text()
    // Warnings of the graphics driver, such as those without a graphics card, are not complaints about the file.
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

/**
 * Returns the name and number of the shown profile, and the number of profiles. Returns `undefined` until there is a
 * profile.
 */
async function readToolbar(page: Page): Promise<{ name: string; index: number; count: number } | undefined> {
  const text = (await page.locator('body').textContent()) ?? ''
  const [, name, index = '1', count = '1'] = /Sandwich(.*?)(?: \((\d+)\/(\d+)\).*?)?⤴️Export/s.exec(text) ?? []
  return name === undefined ? undefined : { name, index: Number(index), count: Number(count) }
}

/**
 * Reads the table in the view "Sandwich". For trace events, speedscope appends the arguments to each name, and this
 * function removes them.
 */
async function readSymbols(page: Page): Promise<string[]> {
  const rows = page.locator('tr:not([title])', { has: page.locator('td') })
  await rows.first().waitFor()
  const cells = await rows.evaluateAll(found =>
    found.map(row => [...row.querySelectorAll('td')].map(cell => cell.textContent)),
  )
  return cells.map(([total, , name]) => `${name?.split(' {"trace_id":')[0]}: ${total}`).toSorted()
}

/** Returns the names in the list that the key `t` opens. */
export async function listProfiles(page: Page): Promise<string[]> {
  await page.keyboard.press('t')
  const names = page.locator('tr[title] td:nth-child(2)')
  await names.first().waitFor()
  return names.allTextContents()
}

/**
 * Waits until the first profile in the open list shows the label of its outermost point. The chart is drawn without
 * text, so a label is shown only for the point under the mouse.
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
