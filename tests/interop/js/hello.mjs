// Hello, binding and invite (docs/protocol.md, section 3).
import { createHash } from 'node:crypto'
import { BadEncoding, decode, encode, leading } from './cbor.mjs'
import { Refused } from './frames.mjs'
import { didKey, keyOfDid, peerId, verified } from './keys.mjs'

const isBytes = (value, length) => value instanceof Uint8Array && value.length === length
const bound = (identity, peer, created) =>
  Buffer.concat([Buffer.from('nuee peer binding v1\0'), encode([identity, peer, created])])

/** The person behind `identity` says that `peer` speaks for them. */
export function binding (identity, peer, created) {
  return encode([didKey(identity.public), peer, created, identity.sign(bound(identity.public, peer, created))])
}

export function hello (signedBinding, now, { name, invite } = {}) {
  const said = { binding: signedBinding, now, versions: [1] }
  if (name !== undefined) said.name = name
  if (invite !== undefined) said.invite = invite
  return encode([1, said])
}

function boundBy (data, peer) {
  const [did, named, created, signature] = decode(data)
  const identity = typeof did === 'string' ? keyOfDid(did) : null
  const right = data.length <= 512 && identity !== null && named === peer && Number.isSafeInteger(created) &&
    isBytes(signature, 64) && verified(identity, bound(identity, named, created), signature)
  return right ? did : null
}

const ascending = (list) => list.every((one, at) => Number.isSafeInteger(one) && (at === 0 || list[at - 1] < one))

/** What the peer at the other end says.  Throws Refused with the word of the page. */
export function readHello (data, peer) {
  if (data.length > 2048) throw new Refused('too-large')
  try {
    if (leading(data) !== 1) throw new Refused('unknown-version')
    const value = decode(data)
    const [, said] = value
    const known = ['binding', 'now', 'versions', 'name', 'invite']
    const right = value.length === 2 && Object.keys(said).every((key) => known.includes(key)) &&
      said.binding instanceof Uint8Array && Number.isSafeInteger(said.now) &&
      Array.isArray(said.versions) && said.versions.length >= 1 && said.versions.length <= 16 && ascending(said.versions) &&
      (said.name === undefined || (typeof said.name === 'string' && [...said.name].length >= 1 && [...said.name].length <= 64)) &&
      (said.invite === undefined || isBytes(said.invite, 16))
    if (!right) throw new Refused('bad-field')
    const identity = boundBy(said.binding, peer)
    if (identity === null) throw new Refused('wrong-binding')
    return { ...said, identity }
  } catch (error) {
    throw error instanceof BadEncoding ? new Refused('bad-encoding') : error
  }
}

const check = (data) => createHash('sha256').update(data).digest().subarray(0, 4)

export function invite (pub, secret, expires, name, addresses) {
  const data = encode([1, pub, secret, expires, name, addresses])
  return 'nuee:' + Buffer.concat([data, check(data)]).toString('base64url')
}

export function readInvite (link) {
  const all = Buffer.from(link.replace(/\s/g, '').slice('nuee:'.length), 'base64url')
  const data = all.subarray(0, -4)
  if (!link.startsWith('nuee:') || !check(data).equals(all.subarray(-4))) throw new Error('no invite')
  const [, pub, secret, expires, name, addresses] = decode(data)
  return { peer: peerId(pub), secret, expires, name, addresses }
}
