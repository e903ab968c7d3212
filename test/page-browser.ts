import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { TraceRecord } from '@osprofiler/core'
import { buildReport } from '@osprofiler/report'
import { type RenderPageOptions, renderPage } from '@osprofiler/viewer'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'
import { afterAll, onTestFinished } from 'vitest'
import { CHROMIUM, SWITCHES } from './chromium.js'

/** A page in a real browser, with a list of things that the page did but must never do. */
export interface OpenedPage {
  readonly page: Page
  /**
   * Requests other than the one for the file itself, violations of the content security policy, errors, and dialogs.
   */
  readonly offences: readonly string[]
}

export interface OpenOptions extends BrowserContextOptions, RenderPageOptions {
  /** The address's fragment: `#point=...`. */
  readonly hash?: string
}

let browser: Promise<Browser> | undefined

afterAll(async () => (await browser)?.close())

/** Renders records as a page and opens the file from disk, like a user who received the file. */
export async function openPage(records: readonly TraceRecord[], options: OpenOptions = {}): Promise<OpenedPage> {
  const folder = mkdtempSync(join(tmpdir(), 'osprofiler-page-'))
  const file = join(folder, 'trace.html')
  const descriptor = openSync(file, 'w')
  for (const chunk of renderPage(buildReport(records), options)) writeSync(descriptor, chunk)
  closeSync(descriptor)
  const { hash = '', title, pointLimit, ...contextOptions } = options
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const address = pathToFileURL(file).href
  const opened = await launchPage(address + hash, contextOptions, address)
  await opened.page.locator('header h1').waitFor()
  return opened
}

/** Opens an address. Any request to an address that does not begin with `own` is added to `offences`. */
export async function launchPage(address: string, options: BrowserContextOptions, own: string): Promise<OpenedPage> {
  browser ??= chromium.launch({ executablePath: CHROMIUM, args: SWITCHES, timeout: 120_000 })
  const context = await (await browser).newContext({ viewport: { width: 1280, height: 800 }, ...options })
  context.setDefaultTimeout(60_000)
  onTestFinished(() => context.close())
  const page = await context.newPage()
  const offences = collectErrors(page, own)
  await page.goto(address)
  return { page, offences }
}

function collectErrors(page: Page, own: string): string[] {
  const offences: string[] = []
  page.on('request', request => {
    // The page may load its own blob, which is the worker for regular-expression searches.
    if (!request.url().startsWith(own) && !request.url().startsWith('blob:')) {
      offences.push(`request ${request.url()}`)
    }
  })
  page.on('console', message => {
    if (message.type() === 'error') offences.push(`console ${message.text()}`)
  })
  page.on('pageerror', error => offences.push(`error ${error.message}`))
  page.on('dialog', dialog => {
    offences.push(`dialog ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('popup', () => offences.push('popup'))
  return offences
}
