import { createRequire } from 'node:module'
import { describe } from 'vitest'
import { bindingFile } from '../../../test/better-sqlite3.js'
import { describeSqlite, type SqliteDatabase } from './sqlite-suite.js'

// It has no types of its own.
const Database: new (file: string, options: object) => SqliteDatabase = createRequire(import.meta.url)('better-sqlite3')

describe('better-sqlite3', () => {
  const nativeBinding = bindingFile
  describeSqlite(
    'better-sqlite3',
    file => new Database(file, { nativeBinding }),
    `const db = new library(':memory:', { nativeBinding: ${JSON.stringify(nativeBinding)} })`,
  )
})
