import { join } from 'node:path'
import { Object, Reflect, requireFrom, shared, WeakMap } from '@osprofiler/core/toolkit'
import { listLoadedModules, whenLoaded } from '../loading/library-loads.js'
import type { InstrumentSettings } from '../options/instrument-contract.js'
import { type Around, undoAll, wrapMethods } from '../wrapping/wrap-method.js'
import { wrapWhenSeen } from '../wrapping/wrap-when-seen.js'
import { createStartSql, type StartSql } from './sql-step.js'
import { createDatabaseWrappers, createStatementWrappers } from './sqlite.js'
import { reportUnrecordedLibrary } from './unrecorded-library.js'

/** The exports of the native binary, which the CommonJS build and the ES module build share. */
interface Addon {
  readonly DatabaseSync: ExtensibleClass
}

interface ExtensibleClass {
  prototype: object
}

const ADDON_FILE = /^(?:prebuilds|build)\/.+\.node$/
const COMMONJS_BUILD = 'dist/index.cjs'
const MODULE_BUILD = 'dist/index.mjs'

/**
 * Records the statements and scripts of `@photostructure/sqlite` 1 (`node:sqlite` for Node 20) as points named `db`.
 * The library's methods cannot be replaced. Instead, new databases and statements get a prototype that inherits from
 * the original one and contains the wrappers.
 *
 * Databases that were opened before this call are not recorded. When the instrument is removed, the added prototypes
 * stay, but without wrappers.
 */
export function instrumentPhotostructureSqlite({ traceSql }: InstrumentSettings): () => void {
  if (traceSql === 'off') return reportUnrecordedLibrary('@photostructure/sqlite', { file: ADDON_FILE })
  const start = createStartSql(traceSql, 'sqlite', '@photostructure/sqlite')
  let isLoadedBefore = true
  const undo = whenLoaded(
    '@photostructure/sqlite',
    (exports, { folder }) => {
      const { DatabaseSync } = exports as Addon
      const prototype = extendDatabases(DatabaseSync)
      // Builds that are already loaded get the new prototype here. A build that is loaded later takes the prototype
      // from the native binary.
      if (isLoadedBefore) for (const build of loadBuilds(folder)) build.DatabaseSync.prototype = prototype
      return wrapDatabases(prototype, start)
    },
    { file: ADDON_FILE },
  )
  isLoadedBefore = false
  return undo
}

function loadBuilds(folder: string): Addon[] {
  const filename = join(folder, COMMONJS_BUILD)
  const builds = listLoadedModules().filter(module => module.filename === filename)
  // Node does not list loaded ES modules, so the ES module build is loaded here. This build adds only a few lines of
  // code to the same binary.
  const require = requireFrom(join(folder, 'package.json'))
  return [...builds.map(module => module.exports as Addon), require(join(folder, MODULE_BUILD)) as Addon]
}

function extendDatabases(Database: ExtensibleClass): object {
  const original = Database.prototype
  const prototype = extendPrototype(original)
  if (prototype === original) return prototype
  Database.prototype = prototype
  // Databases that were opened earlier must still pass `instanceof`.
  Object.defineProperty(Database, hasInstance, {
    value(this: ExtensibleClass, value: unknown) {
      const wanted = this.prototype === prototype ? original : this.prototype
      return Reflect.apply(Object.prototype.isPrototypeOf, wanted, [value as object])
    },
    configurable: true,
  })
  return prototype
}

function wrapDatabases(databases: object, start: StartSql): () => void {
  const statements = wrapWhenSeen(prototype => wrapMethods(prototype, createStatementWrappers(start)))
  const prepare: Around = (proceed, _self, args) => {
    const statement = proceed(args) as object
    return statements.see(Object.setPrototypeOf(statement, extendPrototype(Object.getPrototypeOf(statement))))
  }
  return undoAll([wrapMethods(databases, { ...createDatabaseWrappers(start), prepare }), statements.undo])
}

const { hasInstance } = Symbol
/**
 * Maps each original prototype, and each extended prototype, to the extended prototype. Shared by all copies of this
 * package.
 */
const extensions = shared('instruments.extended', () => new WeakMap<object, object>())

/**
 * Returns a new prototype that inherits from the given one. A prototype that this function has created is returned
 * unchanged.
 */
function extendPrototype(prototype: object): object {
  const known = extensions.get(prototype)
  if (known !== undefined) return known
  const extended = Object.create(prototype)
  extensions.set(prototype, extended).set(extended, extended)
  return extended
}
