import { describe, expect, it } from 'vitest'
import { exportLabel, exportService } from '../src/export/export-label.js'
import { reportOf } from './find.js'
import { query } from './make-trace.js'

describe('the label of a point in a viewer', () => {
  it('is its name and what it did', () => {
    const [node] = reportOf({ id: 'a', ...query('SELECT 1'), from: 0, to: 1 }).points

    expect(node && exportLabel(node)).toBe('db SELECT 1')
    expect(node && exportService(node)).toBe('api')
  })

  it('is cut to what a box may hold', () => {
    const [node] = reportOf({ id: 'a', ...query(`SELECT ${'x'.repeat(1_000)}`), from: 0, to: 1 }).points

    expect(node && exportLabel(node)).toMatch(/^db SELECT x{186,}\.\.\.$/)
    expect(node && exportLabel(node).length).toBe(200)
  })

  it('says where no service is named', () => {
    const [node] = reportOf({ id: 'a', service: '', from: 0, to: 1 }).points

    expect(node && exportService(node)).toBe('(no service)')
  })
})
