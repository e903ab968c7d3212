import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { packageFolders } from './packed.js'

it('the classes in bundled packages keep their source names', () => {
  const files = packageFolders.flatMap(folder =>
    readdirSync(join(folder, 'dist'), { recursive: true, encoding: 'utf8' })
      .filter(file => file.endsWith('.js') && !file.startsWith('pages'))
      .map(file => join(folder, 'dist', file)),
  )

  const classes = files.flatMap(file => [...readFileSync(file, 'utf8').matchAll(/\bclass (\w+)/g)])

  // esbuild writes `class _Profiler` for a class that refers to itself, and `class Profiler2` for the second class
  // named `Profiler`.
  expect(classes.length).toBeGreaterThan(10)
  expect(classes.map(([, name]) => name).filter(name => /^_|\d$/.test(name ?? ''))).toEqual([])
})
