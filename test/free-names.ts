import { parse } from 'acorn'

interface Node {
  readonly type: string
  readonly loc: { readonly start: { readonly line: number } }
  readonly [member: string]: unknown
}

/** A name in a module, and the line that uses it. */
export interface Use {
  readonly name: string
  readonly line: number
  /** Whether the name is used when a function is called, rather than when the module loads. */
  readonly inFunction: boolean
}

/** The names in a module that the check for globals needs. */
export interface ModuleNames {
  /** Names that are used but not declared in the module: globals. */
  readonly free: readonly Use[]
  /** Names that the module declares, other than its imports. */
  readonly local: readonly Use[]
  /** Names to the right of `instanceof`. */
  readonly classes: readonly Use[]
}

/** Reads the names in a JavaScript module. A name that is declared anywhere in the module is not in `free`. */
export function collectNames(source: string): ModuleNames {
  const imported = new Set<string>()
  const local: Use[] = []
  const used: Use[] = []
  const classes: Use[] = []
  let functions = 0
  visit(parse(source, { ecmaVersion: 'latest', sourceType: 'module', locations: true }) as unknown as Node)
  const declared = new Set([...imported, ...local.map(({ name }) => name)])
  return { free: used.filter(({ name }) => !declared.has(name)), local, classes }

  function visit(node: Node, parent?: Node, key?: string): void {
    if (node.type === 'Identifier') {
      if (!isMemberName(parent, key)) used.push(useOf(node))
      return
    }
    if (node.type === 'ImportDeclaration') {
      for (const { local: name } of node.specifiers as { local: Node }[]) imported.add(String(name.name))
      return
    }
    if (node.type === 'ExportNamedDeclaration' && node.source !== null) return
    if (node.type === 'VariableDeclarator') declare(node.id)
    if (node.type === 'CatchClause') declare(node.param)
    if (/Function|Class/.test(node.type)) declare(node.id)
    if (/Function/.test(node.type)) for (const parameter of node.params as Node[]) declare(parameter)
    const right = node.right as Node | undefined
    if (node.operator === 'instanceof' && right?.type === 'Identifier') classes.push(useOf(right))
    if (/Function/.test(node.type)) functions++
    for (const [name, child] of childrenOf(node)) visit(child, node, name)
    if (/Function/.test(node.type)) functions--
  }

  function useOf({ name, loc }: Node): Use {
    return { name: String(name), line: loc.start.line, inFunction: functions > 0 }
  }

  function declare(pattern: unknown): void {
    if (!isNode(pattern)) return
    if (pattern.type === 'Identifier') local.push(useOf(pattern))
    else if (pattern.type === 'Property') declare(pattern.value)
    else if (pattern.type === 'AssignmentPattern') declare(pattern.left)
    else if (/Pattern|RestElement/.test(pattern.type)) for (const [, child] of childrenOf(pattern)) declare(child)
  }
}

function isMemberName(parent: Node | undefined, key: string | undefined): boolean {
  if (parent === undefined) return false
  if (/^(Labeled|Break|Continue)Statement$|Specifier$|^MetaProperty$/.test(parent.type)) return true
  return !parent.computed && ((parent.type === 'MemberExpression' && key === 'property') || key === 'key')
}

function childrenOf(node: Node): [string, Node][] {
  return Object.entries(node).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).filter(isNode).map((child): [string, Node] => [name, child]),
  )
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'loc' in value
}
