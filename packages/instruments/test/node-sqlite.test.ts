import { DatabaseSync } from 'node:sqlite'
import { describe } from 'vitest'
import { describeSqlite } from './sqlite-suite.js'

describe('node:sqlite', () => {
  describeSqlite(
    'node:sqlite',
    file => new DatabaseSync(file) as never,
    "const db = new library.DatabaseSync(':memory:')",
  )
})
