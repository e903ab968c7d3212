import { join } from 'node:path'
import { globalObject, Map, Object, Reflect, requireFrom, WeakMap } from '@osprofiler/core/toolkit'
import { loadedModules, whenLoaded } from '../loading/library-loads.js'
import type { InstrumentSettings } from '../options/instrument-contract.js'
import { undoAll, wrapMethod } from '../wrapping/wrap-method.js'
import { createStartSql, type StartSql } from './sql-step.js'
import { type Class, wrapExec, wrapStatements } from './sqlite.js'
import { sayLibraryUnrecorded } from './unrecorded-library.js'

/** The binary part of the library: what both of its builds, CommonJS and ECMAScript modules, are made of. */
interface Addon {
  readonly DatabaseSync: ExtensibleClass
}

interface ExtensibleClass extends Class {
  prototype: object
}

const ADDON = /^(?:prebuilds|build)\/.+\.node$/
const COMMONJS_BUILD = 'dist/index.cjs'
const MODULE_BUILD = 'dist/index.mjs'

/**
 * Makes the statements and scripts of `@photostructure/sqlite` 1 points named `db`: `node:sqlite` for Node 20.
 *
 * Its methods cannot be replaced. So its classes make databases from a prototype that inherits from theirs, and such a
 * database makes statements in the same way: those that the program had opened before are not seen. When it is undone,
 * these prototypes stay, and have nothing of their own.
 */
export function instrumentPhotostructureSqlite({ traceSql }: InstrumentSettings): () => void {
  if (traceSql === 'off') return sayLibraryUnrecorded('@photostructure/sqlite', { file: ADDON })
  const start = createStartSql(traceSql, 'sqlite', '@photostructure/sqlite')
  let loadedBefore = true
  const undo = whenLoaded(
    '@photostructure/sqlite',
    (exports, { folder }) => {
      const { DatabaseSync } = exports as Addon
      const prototype = extendDatabases(DatabaseSync)
      // A build that is loaded later takes over what its class inherits from.
      if (loadedBefore) for (const build of loadBuilds(folder)) build.DatabaseSync.prototype = prototype
      return undoAll([wrapExec({ prototype }, start), wrapPrepare(prototype, start)])
    },
    { file: ADDON },
  )
  loadedBefore = false
  return undo
}

/** The builds of which the program has loaded one or both, in the folder that it has loaded them from. */
function loadBuilds(folder: string): Addon[] {
  const filename = join(folder, COMMONJS_BUILD)
  const builds = loadedModules().filter(module => module.filename === filename)
  // Which modules of ECMAScript are loaded, nobody tells. This one runs a few lines over the same binary part.
  const require = requireFrom(join(folder, 'package.json'))
  return [...builds.map(module => module.exports as Addon), require(join(folder, MODULE_BUILD)) as Addon]
}

function extendDatabases(Database: ExtensibleClass): object {
  const original = Database.prototype
  const prototype = extend(original)
  if (prototype === original) return prototype
  Database.prototype = prototype
  // Databases that were opened before are still databases.
  Object.defineProperty(Database, hasInstance, {
    value(this: ExtensibleClass, value: unknown) {
      const asked = this.prototype === prototype ? original : this.prototype
      return Reflect.apply(Object.prototype.isPrototypeOf, asked, [value as object])
    },
    configurable: true,
  })
  return prototype
}

function wrapPrepare(databases: object, start: StartSql): () => void {
  const found = new Map<object, () => void>()
  const undo = wrapMethod(databases, 'prepare', (original, self, args) => {
    const statement = Reflect.apply(original, self, args) as object
    const prototype = extend(Object.getPrototypeOf(statement))
    if (!found.has(prototype)) found.set(prototype, wrapStatements(prototype, start))
    return Object.setPrototypeOf(statement, prototype)
  })
  return () => undoAll([undo, ...found.values()])()
}

const { hasInstance } = Symbol
const EXTENDED = Symbol.for('osprofiler.instruments.extended')

/** The prototype that inherits from this one, or this one where it already does: one for all copies of this package. */
function extend(prototype: object): object {
  const shared = globalObject as { [EXTENDED]?: WeakMap<object, object> }
  if (shared[EXTENDED] === undefined) Object.defineProperty(shared, EXTENDED, { value: new WeakMap() })
  const known = shared[EXTENDED]?.get(prototype)
  if (known !== undefined) return known
  const extended = Object.create(prototype)
  shared[EXTENDED]?.set(prototype, extended).set(extended, extended)
  return extended
}
