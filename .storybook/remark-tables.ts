/** What this plugin needs of a node of the Markdown tree (mdast). */
interface Node {
  type: string;
  value?: string;
  children?: Node[];
  [field: string]: unknown;
}

const DELIMITER = /^:?-+:?$/;

/** The inline nodes of a paragraph, line by line, cell by cell; `null` when it is no table. */
function cellsOf(paragraph: Node): Node[][][] | null {
  const [first] = paragraph.children ?? [];
  if (first?.type !== 'text' || !first.value?.startsWith('|')) return null;
  const lines: Node[][][] = [[[]]];
  for (const node of paragraph.children ?? []) {
    // A bar within code, a link or a component is no border of a cell.
    if (node.type !== 'text') {
      lines.at(-1)?.at(-1)?.push(node);
      continue;
    }
    for (const part of (node.value ?? '').split(/(\||\n)/)) {
      if (part === '\n') lines.push([[]]);
      else if (part === '|') lines.at(-1)?.push([]);
      else if (part !== '') lines.at(-1)?.at(-1)?.push({ type: 'text', value: part });
    }
  }
  // What stands before the first and after the last border is no cell.
  return lines.map((cells) => cells.slice(1, -1));
}

function textOf(cell: readonly Node[]): string {
  return cell
    .map(({ value = '' }) => value)
    .join('')
    .trim();
}

function toTable(paragraph: Node): Node | null {
  const lines = cellsOf(paragraph);
  const [head, delimiters, ...body] = lines ?? [];
  if (!head || !delimiters?.length || !delimiters.every((cell) => DELIMITER.test(textOf(cell)))) return null;
  const row = (cells: Node[][]): Node => ({
    type: 'tableRow',
    children: cells.map((children) => ({ type: 'tableCell', children })),
  });
  return { type: 'table', align: delimiters.map(() => null), children: [head, ...body].map(row) };
}

/**
 * Reads the tables of GitHub's Markdown, which MDX alone takes for text. Alignment is not read, and a bar inside a cell
 * has to stand in code.
 */
export function remarkTables() {
  return function readTables(tree: Node): void {
    if (!tree.children) return;
    tree.children = tree.children.map((node) => {
      if (node.type === 'paragraph') return toTable(node) ?? node;
      readTables(node);
      return node;
    });
  };
}
