/** Order of a table: the key of the column, and the direction. */
export interface Sorting<Column extends string> {
  readonly key: Column
  readonly descending: boolean
}

/** A column that can sort a table: its key, its title, and the meaning of its figures. */
export type SortColumn<Column extends string> = readonly [key: Column, title: string, meaning?: string]

/** Returns the sorting after a press on a column's button. A second press reverses the order. */
export function toggleSorting<Column extends string>(
  { key, descending }: Sorting<Column>,
  pressed: Column,
  startsDescending: boolean,
): Sorting<Column> {
  return { key: pressed, descending: pressed === key ? !descending : startsDescending }
}

/** Compares two texts or two numbers for `sort`. */
export function compare<Value extends string | number>(left: Value, right: Value): number {
  return left === right ? 0 : left < right ? -1 : 1
}
