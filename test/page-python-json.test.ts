import { appendFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { jsonText, parseJson } from '@osprofiler/core/json'
import { openDriver } from '@osprofiler/drivers'
import { describe, expect, it, onTestFinished } from 'vitest'
import { makeDirectory } from './cli-process.js'
import { SHOP_TRACE } from './cli-records.js'
import { compact, createExoticRecords, EXOTIC_VALUES, toExactText } from './exotic-values.js'
import { openPage } from './page-browser.js'
import { openPage as openUi } from './ui-page.js'
import { startUi } from './ui-server.js'

const QUERY = `${SHOP_TRACE.slice(0, 24)}${String(4).padStart(12, '0')}`

describe("the page for a trace in Python's JSON", () => {
  it('shows every number as Python wrote it', async () => {
    const { page, offences } = await openPage(createExoticRecords(), { hash: `#point=${QUERY}` })

    const details = page.getByRole('complementary', { name: 'Details' })
    const shown = (await details.locator('pre').first().textContent()) ?? ''

    expect(compact(shown)).toContain(`"params":${compact(`[${EXOTIC_VALUES.join()}]`)}`)
    expect(await page.locator('header').first().textContent()).toContain('503')
    expect(offences).toEqual([])
  })

  it('finds a point by a number that only Python writes, and shows the findings', async () => {
    const { page, offences } = await openPage(createExoticRecords())

    await page.getByRole('searchbox').fill('9007199254740993')
    await page.locator('.row[aria-level]', { hasText: 'SELECT' }).first().waitFor()

    expect(await page.locator('body').textContent()).toContain('503')
    expect(offences).toEqual([])
  })

  it('is served by ui, with its data and downloads', async () => {
    const ui = await startUi()
    await ui.driver.write(createExoticRecords())
    const reference = encodeURIComponent(`id:${SHOP_TRACE}`)
    const page = await openUi(ui, `trace?ref=${reference}#point=${QUERY}`)

    const details = page.getByRole('complementary', { name: 'Details' })
    const shown = (await details.locator('pre').first().textContent()) ?? ''
    const fetched = await ui.send(`api/trace?ref=${reference}`)
    const lines = await ui.send(`download?ref=${reference}&format=jsonl`)

    expect(compact(shown)).toContain(`"params":${compact(`[${EXOTIC_VALUES.join()}]`)}`)
    expect(compact(fetched.body)).toBe(toExactText(createExoticRecords()))
    expect(lines.body.trim().split('\n').map(parseJson).map(toExactText)).toEqual(
      createExoticRecords().map(toExactText),
    )
  })

  it('reports entries that cannot be read', async () => {
    const folder = makeDirectory()
    const driver = openDriver(`file:///${folder}`)
    onTestFinished(() => driver.close())
    await driver.write(createExoticRecords())
    const [name = ''] = readdirSync(folder)
    appendFileSync(join(folder, name), '{"name": "wsgi-\n')
    const ui = await startUi({ driver })

    const page = await openUi(ui, `trace?ref=${encodeURIComponent(`id:${SHOP_TRACE}`)}`)

    await page.getByText('1 entry of this trace is left out because it holds no readable record.').waitFor()
    expect(jsonText(ui.errors, 0)).toBe('[]')
  })
})
