import { execFileSync } from 'node:child_process'
import { findNode } from '../test/find-node.js'

/** Finds the versions of Node to compare, such as `20,24`. Returns the path and full version of each. */
export function findNodes(versions) {
  return versions.split(',').map(version => {
    const path = process.versions.node.split('.', 1)[0] === version ? process.execPath : findNode(version)
    return { path, version: execFileSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim() }
  })
}
