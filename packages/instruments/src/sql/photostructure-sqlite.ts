import { join } from 'node:path'
import { Object, Reflect, requireFrom, shared, WeakMap } from '@osprofiler/core/toolkit'
import { loadedModules, whenLoaded } from '../loading/library-loads.js'
import type { InstrumentSettings } from '../options/instrument-contract.js'
import { type Around, undoAll, wrapMethods } from '../wrapping/wrap-method.js'
import { wrapWhenSeen } from '../wrapping/wrap-when-seen.js'
import { createStartSql, type StartSql } from './sql-step.js'
import { aroundDatabase, aroundStatement } from './sqlite.js'
import { sayLibraryUnrecorded } from './unrecorded-library.js'

/** The binary part of the library: what both of its builds, CommonJS and ECMAScript modules, are made of. */
interface Addon {
  readonly DatabaseSync: ExtensibleClass
}

interface ExtensibleClass {
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
      return wrapDatabases(prototype, start)
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

function wrapDatabases(databases: object, start: StartSql): () => void {
  const statements = wrapWhenSeen(prototype => wrapMethods(prototype, aroundStatement(start)))
  const prepare: Around = (proceed, _self, args) => {
    const statement = proceed(args) as object
    return statements.see(Object.setPrototypeOf(statement, extend(Object.getPrototypeOf(statement))))
  }
  return undoAll([wrapMethods(databases, { ...aroundDatabase(start), prepare }), statements.undo])
}

const { hasInstance } = Symbol
/** By the prototypes that they inherit from, and by themselves; one for all copies of this package. */
const extensions = shared('instruments.extended', () => new WeakMap<object, object>())

/** The prototype that inherits from this one, or this one where it already does. */
function extend(prototype: object): object {
  const known = extensions.get(prototype)
  if (known !== undefined) return known
  const extended = Object.create(prototype)
  extensions.set(prototype, extended).set(extended, extended)
  return extended
}
