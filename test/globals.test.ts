import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as toolkit from '@osprofiler/core/toolkit'
import { describe, expect, it } from 'vitest'
import { collectNames, type Use } from './free-names.js'

const packagesFolder = fileURLToPath(new URL('../packages', import.meta.url))
const PACKAGES = ['core', 'express', 'koa', 'fastify', 'rpc', 'instruments', 'drivers', 'node']

/** Where a global is used on purpose. */
const ALLOWED_GLOBALS: Readonly<Record<string, readonly string[]>> = {
  // The places that take them, when the package loads.
  'core/build/platform/platform.js': Object.getOwnPropertyNames(globalThis),
  'core/build/platform/node-timers.js': ['globalThis', 'Function'],
  'core/build/json/language.js': Object.getOwnPropertyNames(globalThis),
  // `reflect-metadata` extends the global `Reflect`, perhaps after this package was loaded.
  'core/build/wrapping/stand-in.js': ['globalThis'],
}
/** Where `instanceof` asks for a class of the language on purpose. */
const INSTANCEOF_MODULES = ['core/build/platform/is-error.js']
/** Thrown by this project itself for a wrong call, in the realm of this project. */
const OWN_ERROR_CLASSES = ['TypeError']

describe('code that runs inside other programs', () => {
  it.each(PACKAGES)('uses no global directly: %s', name => {
    const found = listModules(name).flatMap(({ file, names }) =>
      names.free
        .filter(use => !isHarmless(use) && !ALLOWED_GLOBALS[file]?.includes(use.name))
        .map(use => `${file}:${use.line} ${use.name}`),
    )

    expect(found).toEqual([])
  })

  // `util.types` is an object, of which a mock may replace any member.
  it.each(PACKAGES)("uses Node's type checks only through the platform folder: %s", name => {
    const taken = listModules(name)
      .filter(({ file }) => ALLOWED_GLOBALS[file] === undefined)
      .filter(({ source }) => /\btypes\b[^;]*from ["'](?:node:)?util["']/.test(source))

    expect(taken.map(({ file }) => file)).toEqual([])
  })

  // A name that is declared in one function would hide the global of that name in another.
  it.each(PACKAGES)('has no variable with the name of a global: %s', name => {
    const found = listModules(name)
      .filter(({ file }) => ALLOWED_GLOBALS[file] === undefined)
      .flatMap(({ file, names }) =>
        names.local.filter(use => use.name in globalThis).map(use => `${file}:${use.line} ${use.name}`),
      )

    expect(found).toEqual([])
  })

  it.each(PACKAGES)('does not use `instanceof` with built-in classes on values of the program: %s', name => {
    const found = listModules(name)
      .filter(({ file }) => !INSTANCEOF_MODULES.includes(file))
      .flatMap(({ file, names }) =>
        names.classes
          .filter(use => (use.name in globalThis || use.name in toolkit) && !OWN_ERROR_CLASSES.includes(use.name))
          .map(use => `${file}:${use.line} instanceof ${use.name}`),
      )

    expect(found).toEqual([])
  })
})

/** TypeScript knows a unique symbol by the global `Symbol` alone. A module makes its symbols when the module loads. */
function isHarmless({ name, inFunction }: Use): boolean {
  return name === 'undefined' || (name === 'Symbol' && !inFunction)
}

function listModules(name: string) {
  const folder = join(packagesFolder, name, 'build')
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.js'))
    .map(file => join(folder, file))
    .map(file => {
      const source = readFileSync(file, 'utf8')
      return { file: relative(packagesFolder, file), source, names: collectNames(source) }
    })
}
