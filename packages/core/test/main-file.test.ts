import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const TOOLKIT = JSON.stringify(new URL('../dist/toolkit/index.js', import.meta.url).href)
const SHOW = `import(${TOOLKIT}).then(({ mainFile, resolvePackage }) => {
  const main = mainFile()
  console.log(main ?? 'none', main && resolvePackage('library', main) || 'none')
})`

let folder: string
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'osprofiler-main-')))
  write('app/package.json', '{ "main": "dist/server.js" }')
  write('app/dist/server.js', SHOW)
  write('app/node_modules/library/index.js', '')
  write('home/.node_modules/library/index.js', '')
  write('home/.node_libraries/library/index.js', '')
  write('path/library/index.js', '')
  write('alone/server.js', SHOW)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function write(path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true })
  writeFileSync(join(folder, path), text)
}

/** Runs Node. Returns what the program prints: its main file, and the path of the library that was found. */
function show(args: readonly string[], cwd = '', env: Record<string, string> = {}): string {
  const home = { HOME: join(folder, 'home') }
  const options = { cwd: join(folder, cwd), env: { ...home, ...env }, encoding: 'utf8' } as const
  return execFileSync(process.execPath, [...args], options)
    .trim()
    .replaceAll(`${folder}/`, '')
}

describe('the main file of a program', () => {
  const found = 'app/dist/server.js app/node_modules/library/index.js'

  it.each([
    ['a file', ['dist/server.js'], 'app'],
    ['a file without its extension', ['dist/server'], 'app'],
    ['the current folder', ['.'], 'app'],
    ['a folder', ['app'], ''],
  ])('is found if the program is started by naming %s', (_, args, cwd) => {
    expect(show(args, cwd)).toBe(found)
  })

  it('is the target of a symbolic link through which the program is started', () => {
    symlinkSync(join(folder, 'app/dist/server.js'), join(folder, 'linked'))

    expect(show(['linked'])).toBe(found)
  })

  it.each([
    ['--eval', SHOW, 'app/dist/server.js'],
    ['--print', SHOW],
    ['--eval', SHOW, '/'],
  ])('does not exist if Node runs code from an argument with %s', (...args) => {
    expect(show(args, 'app').split('\n')).toContain('none none')
  })
})

describe('a library', () => {
  it('is not resolved from the home folder or the current folder', () => {
    expect(show(['../alone/server.js'], 'app')).toBe('alone/server.js none')
  })

  it('is resolved from NODE_PATH', () => {
    const env = { NODE_PATH: join(folder, 'path') }

    expect(show(['server.js'], 'alone', env)).toBe('alone/server.js path/library/index.js')
  })
})
