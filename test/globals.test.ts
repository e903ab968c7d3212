import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as toolkit from '@osprofiler/core/toolkit'
import { describe, expect, it } from 'vitest'
import { namesOf } from './free-names.js'

const packagesFolder = fileURLToPath(new URL('../packages', import.meta.url))
const PACKAGES = ['core', 'express', 'koa', 'fastify', 'rpc', 'instruments', 'drivers', 'node']

/** Where a global is used on purpose. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  // The one place that takes them, when the package loads.
  'core/dist/platform.js': Object.getOwnPropertyNames(globalThis),
  // `reflect-metadata` extends the global `Reflect`, perhaps after this package was loaded.
  'core/dist/trace-decorator.js': ['Reflect'],
}
/** Where `instanceof` asks for a class of the language on purpose. */
const ASKS_CLASS = ['core/dist/is-error.js']

describe('code that lives in a program', () => {
  it.each(PACKAGES)('asks for no global: %s', name => {
    const found = modulesOf(name).flatMap(({ file, names }) =>
      names.free
        .filter(use => use.name !== 'undefined' && !ALLOWED[file]?.includes(use.name))
        .map(use => `${file}:${use.line} ${use.name}`),
    )

    expect(found).toEqual([])
  })

  // A name that is declared in one function would hide the global of that name in another.
  it.each(PACKAGES)('names nothing of its own like a global: %s', name => {
    const found = modulesOf(name)
      .filter(({ file }) => ALLOWED[file] === undefined)
      .flatMap(({ file, names }) =>
        names.local.filter(use => use.name in globalThis).map(use => `${file}:${use.line} ${use.name}`),
      )

    expect(found).toEqual([])
  })

  it.each(PACKAGES)('knows a value of the program by `instanceof` of no class of the language: %s', name => {
    const found = modulesOf(name)
      .filter(({ file }) => !ASKS_CLASS.includes(file))
      .flatMap(({ file, names }) =>
        names.classes
          .filter(use => use.name in globalThis || use.name in toolkit)
          .map(use => `${file}:${use.line} instanceof ${use.name}`),
      )

    expect(found).toEqual([])
  })
})

function modulesOf(name: string) {
  const folder = join(packagesFolder, name, 'dist')
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.js'))
    .map(file => join(folder, file))
    .map(file => ({ file: relative(packagesFolder, file), names: namesOf(readFileSync(file, 'utf8')) }))
}
