import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export const repository = join(import.meta.dir, '../..')

/** What stands in the tree, by path: files by their text, copies by their place in the repository, links by their target. */
type Tree = {
  readonly files?: ReadonlyMap<string, string>
  readonly copies?: ReadonlyMap<string, string>
  readonly links?: ReadonlyMap<string, string>
}

const packages = new Map([['node_modules', join(repository, 'node_modules')]])

/** Copies that stand where they stand in the repository. */
export const inPlace = (...paths: readonly string[]): Map<string, string> => new Map(paths.map(path => [path, path]))

/** A small repository beside the real one, with its packages unless other links are given. Gone after the callback. */
export async function inTree<Answer>(tree: Tree, look: (root: string) => Promise<Answer>): Promise<Answer> {
  const root = await mkdtemp(join(tmpdir(), 'thalamus-tree-'))
  try {
    await plant(root, tree)
    return await look(root)
  } finally {
    await rm(root, { recursive: true })
  }
}

async function plant(root: string, { files = new Map(), copies = new Map(), links = packages }: Tree): Promise<void> {
  for (const [path, origin] of copies)
    await cp(join(repository, origin), await room(join(root, path)), { recursive: true })
  for (const [path, target] of links) await symlink(target, await room(join(root, path)))
  for (const [path, text] of files) await writeFile(await room(join(root, path)), text)
}

async function room(path: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true })
  return path
}
