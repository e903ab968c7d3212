// Reads the text of changesets, and writes the CHANGELOG.md that all packages share.

const BUMPS_BY_SIZE = ['major', 'minor', 'patch']

/**
 * Reads a file in `.changeset/`.
 *
 * @param {string} text
 * @returns {{ bump: string | undefined, summary: string }} the largest version step among its packages, and the text
 * for users
 */
export function parseChangeset(text) {
  const [, head, body] = /^---\r?\n([\s\S]*?)^---[^\S\n]*(?:\n([\s\S]*))?$/m.exec(text) ?? []
  if (head === undefined) throw new Error('A changeset begins with a list of packages between two lines "---".')
  const bumps = head.split('\n').map(line => /:\s*["']?(major|minor|patch)["']?\s*$/.exec(line)?.[1])
  return { bump: BUMPS_BY_SIZE.find(step => bumps.includes(step)), summary: (body ?? '').replaceAll('\r', '').trim() }
}

/**
 * Returns the changelog with a new version at the top, which lists the text of its changesets. The largest steps come
 * first.
 *
 * @param {string} changelog
 * @param {string} version
 * @param {{ bump: string | undefined, summary: string }[]} changesets
 */
export function addVersion(changelog, version, changesets) {
  if (readVersion(changelog, version) !== undefined) throw new Error(`CHANGELOG.md already has a version ${version}.`)
  const described = changesets.filter(({ bump, summary }) => bump !== undefined && summary !== '')
  const sorted = BUMPS_BY_SIZE.flatMap(step => described.filter(({ bump }) => bump === step))
  const section = [`## ${version}`, '', ...sorted.map(({ summary }) => toItem(summary)), '', ''].join('\n')
  const first = /^## /m.exec(changelog)
  if (first === null) return `${changelog.trimEnd()}\n\n${section.trimEnd()}\n`
  return changelog.slice(0, first.index) + section + changelog.slice(first.index)
}

/**
 * Returns a version's section in CHANGELOG.md without its heading, or `undefined`.
 *
 * @param {string} changelog
 * @param {string} version
 */
export function readVersion(changelog, version) {
  const sections = changelog.split(/^## /m).slice(1)
  const section = sections.find(text => text.split('\n', 1)[0].trim() === version)
  return section?.slice(section.indexOf('\n') + 1).trim()
}

/** Turns text into a list item. Text that is already a list stays unchanged. */
function toItem(summary) {
  if (summary.startsWith('- ')) return summary
  return `- ${summary.split('\n').join('\n  ')}`.replaceAll(/^ +$/gm, '')
}
