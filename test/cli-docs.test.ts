import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { makeDirectory, osprofiler } from './cli-process.js'
import { createShopRecords, storeRecords, toLines } from './cli-records.js'

const PAGE = readFileSync(new URL('../docs/command.md', import.meta.url), 'utf8')
const SHOWN_COMMANDS = [...PAGE.matchAll(/```console\n\$ osprofiler (.*)\n([\s\S]*?)```/g)].map(
  ([, command = '', output = '']) => ({ command, output }),
)

describe('the docs page about the command', () => {
  it.each(SHOWN_COMMANDS)('shows the real output of: $command', async ({ command, output }) => {
    const directory = makeDirectory()
    writeFileSync(join(directory, 'before.jsonl'), toLines(createShopRecords({ queryMs: 8.2, renderMs: 4.1 })))
    writeFileSync(join(directory, 'after.jsonl'), toLines(createShopRecords({ queryMs: 11.6, renderMs: 4.3 })))
    const store = `file://${join(directory, 'traces')}`
    await storeRecords(store, createShopRecords())

    const args = command.replace('file:///traces', store).split(' ')
    const { stdout, stderr } = await osprofiler(args, { cwd: directory })

    expect(`${stdout.trimEnd()}\n${stderr}`).toBe(output)
  })

  it('mentions every option of the help texts', async () => {
    const commands = ['run', 'sign', 'trace show', 'trace list', 'trace diff', 'trace delete', 'trace prune']
    const helps = await Promise.all(commands.map(command => osprofiler([...command.split(' '), '--help'])))

    const options = helps.flatMap(({ stdout }) => stdout.match(/--[a-z][a-z-]+/g) ?? [])

    expect(options.length).toBeGreaterThan(30)
    for (const option of new Set(options)) expect(PAGE, option).toMatch(new RegExp(`${option}\\b`))
  })
})
