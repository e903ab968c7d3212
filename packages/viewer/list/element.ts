type Child = Node | string | undefined

/** What an element is made with: properties of its own, attributes under their names in markup, and listeners. */
export interface ElementParts {
  readonly class?: string
  readonly text?: string
  readonly attributes?: Readonly<Record<string, string>>
  readonly on?: Readonly<Record<string, (event: Event) => void>>
}

/** Makes an element. Text goes in as text: nothing is ever taken for markup. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  { class: className, text, attributes = {}, on = {} }: ElementParts = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name)
  if (className !== undefined) made.className = className
  if (text !== undefined) made.textContent = text
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value)
  for (const [event, listener] of Object.entries(on)) made.addEventListener(event, listener)
  for (const child of children) if (child !== undefined) made.append(child)
  return made
}

/** Sets a text only where it differs, so that what is selected or read aloud is left alone. */
export function setText(target: Node, text: string): void {
  if (target.textContent !== text) target.textContent = text
}

/** The element into which a page is drawn. */
export function pageRoot(): HTMLElement {
  const root = document.getElementById('page')
  if (root === null) throw new Error('The page has no element "page".')
  return root
}
