import type { Config } from '../config/config.ts'
import { sha256 } from '../lib/hash.ts'
import type { Caller } from '../model/caller.ts'
import { Fault } from '../model/fault.ts'
import type { KeyDesk, Keys } from '../ports/keys.ts'

/** The config's keys before the store's: each key has one owner, and these are the file's. */
export function withSeeds(config: Config, keys: Keys): Keys {
  const seeds = new Map(config.keys.map(key => [sha256(key.secret.reveal()), seedCaller(key)]))
  return { find: hash => seeds.get(hash) ?? keys.find(hash) }
}

/** The keys of the config, as they stand in the ledger. */
export const seedsOf = ({ keys }: Config): readonly Caller[] => keys.map(seedCaller)

/** The store's desk, where the config has keys too: it neither gives their names away nor revokes what is not its own. */
export function besideSeeds(seeds: () => readonly Caller[], desk: KeyDesk): KeyDesk {
  const owned = (idOrName: string): boolean =>
    seeds().some(({ keyId, keyName }) => keyId === idOrName || keyName === idOrName)
  return {
    find: hash => desk.find(hash),
    list: () => desk.list(),
    add(key, hash) {
      if (owned(key.keyName))
        throw new Fault('invalid_request', `'${key.keyName}' is a key of the config file: choose another name.`)
      desk.add(key, hash)
    },
    revoke(idOrName, at) {
      if (owned(idOrName)) throw new Fault('invalid_request', belongsToFile(idOrName))
      return desk.revoke(idOrName, at)
    },
  }
}

const belongsToFile = (name: string): string =>
  `'${name}' belongs to the config file: take it out there. A key of the same name in the store is revoked by its id.`

const seedCaller = ({ name, team, models, rpm }: Config['keys'][number]): Caller => ({
  keyId: `config:${name}`,
  keyName: name,
  team,
  models,
  limits: rpm === undefined ? {} : { rpm },
})
