// The table, part one: genuine tokens, presented rightly and wrongly. A row is a name, the header lines,
// and the verdict.

import { read } from './forge.mjs'
import { ACCESS_COOKIE } from './service.mjs'

export function requestRows({ ada, refreshed, eve, adaBefore }) {
  const { body, cookie } = ada
  const bearer = [`Bearer ${body}`]
  const jar = [`${ACCESS_COOKIE}=${cookie}`]
  const rows = []
  const row = (code, name, authorization, cookies) =>
    rows.push({ name, request: { authorization, cookie: cookies }, code })

  row('ok', 'the pair', bearer, jar)
  row('unauthenticated', 'nothing', [], [])
  row('unauthenticated', 'nothing but other cookies', [], ['a=b; c=d'])
  row('invalid_token', 'the body half alone', bearer, [])
  row('invalid_token', 'the cookie half alone', [], jar)
  row('invalid_token', 'the halves in the place of each other', [`Bearer ${cookie}`], [`${ACCESS_COOKIE}=${body}`])
  row('invalid_token', 'the body half twice', bearer, [`${ACCESS_COOKIE}=${body}`])
  row('invalid_token', 'the cookie half twice', [`Bearer ${cookie}`], jar)
  row('invalid_token', 'the body half of another session', [`Bearer ${eve.body}`], jar)
  row('invalid_token', 'the cookie half of another session', bearer, [`${ACCESS_COOKIE}=${eve.cookie}`])
  row('invalid_token', 'the body half of another session of hers', [`Bearer ${adaBefore.body}`], jar)
  row('invalid_token', 'a refresh token as body half', [`Bearer ${ada.refresh_token}`], jar)
  row('ok', 'generations that differ', [`Bearer ${refreshed.older.body}`], [`${ACCESS_COOKIE}=${refreshed.newer.cookie}`])
  row('ok', 'generations that differ the other way', [`Bearer ${refreshed.newer.body}`], [`${ACCESS_COOKIE}=${refreshed.older.cookie}`])

  for (const scheme of ['bearer', 'BEARER']) row('ok', `scheme ${scheme}`, [`${scheme} ${body}`], jar)
  row('ok', 'blanks around the header', [` \tBearer ${body} \t`], jar.map((line) => ` ${line}\t `))
  for (const line of [
    'Bearer', 'Bearer ', 'Basic eA==', body, `Basic ${body}`, `Bearer  ${body}`, `Bearer\t${body}`, `Bearer ${body} x`,
    `Bearer ${body}, Bearer ${body}`, `Bearer ${body},`, `Bearer "${body}"`, `Bearer ${body}\xe9`, `Bearer ${body}\x85`,
    `Bearer ${body.replaceAll('.', '%2E')}`, `Bearer=${body}`, `xBearer ${body}`,
  ]) row('invalid_token', `Authorization: ${line.replaceAll(body, '…')}`, [line], jar)
  row('invalid_token', 'Authorization twice', [...bearer, ...bearer], jar)
  row('invalid_token', 'Authorization twice, one of another scheme', [...bearer, 'Basic eA=='], jar)
  row('invalid_token', 'Authorization twice, one empty', ['', ...bearer], jar)
  row('invalid_token', 'another scheme and no cookie', ['Basic eA=='], [])

  const cookieRow = (code, ...lines) =>
    row(code, `Cookie: ${lines.join(' | ').replaceAll(cookie, '…')}`, bearer, lines)
  const name = ACCESS_COOKIE
  for (const line of [
    `a=b; ${name}=${cookie}; c=d`, `a=b;${name}=${cookie};c`, `a=b;\t ${name}=${cookie}`, `;;${name}=${cookie};;`,
    `${name}=${cookie}; ${name}x=y; tandem-access=y`, `${name}=${cookie}; __%48ost-tandem-access=y`,
    `${name}=${cookie}; ${name.toLowerCase()}=y; ${name}`, `${name}=${cookie}; x${name}=y; =${name}=y; ${name} =y`,
    `${name}=${cookie}; a="; b`,
  ]) cookieRow('ok', line)
  cookieRow('ok', 'a=b', `${name}=${cookie}`, 'c=d')
  for (const other of [
    'tandem-access', name.toLowerCase(), name.toUpperCase(), '__%48ost-tandem-access', `${name} `, `=${name}`, `x${name}`,
    `\xc2\x85${name}`, `\xa0${name}`, '__Host-tandem%2Daccess', '__Secure-tandem-access', `$Path=/,${name}`, `${name}\x85`,
  ]) cookieRow('invalid_token', `${other}=${cookie}`)
  for (const value of [
    '', `"${cookie}"`, ` ${cookie}`, `${cookie} `, cookie.replaceAll('.', '%2E'), `${cookie}\xe9`, `${cookie},`, `=${cookie}`,
  ]) cookieRow('invalid_token', `${name}=${value}; a=b`)
  cookieRow('invalid_token', `${name}=${cookie}; ${name}=${cookie}`)
  cookieRow('invalid_token', `${name}=; ${name}=${cookie}`)
  cookieRow('invalid_token', `${name}=${cookie}; ${name}=`)
  cookieRow('invalid_token', `${name}=${cookie}`, `${name}=${eve.cookie}`)
  row('invalid_token', 'an empty cookie and nothing else', [], [`${name}=`])
  return rows
}

/** Roles that were changed between the halves. */
export function changedRows({ before, after }) {
  const slip = (body, cookie) => ({ authorization: [`Bearer ${body}`], cookie: [`${ACCESS_COOKIE}=${cookie}`] })
  if (JSON.stringify(read(after.body)[1].roles) === JSON.stringify(read(before.body)[1].roles)) throw new Error('nothing changed')
  return [
    { name: 'the body half of before', request: slip(before.body, after.cookie), code: 'access_expired' },
    { name: 'the cookie half of before', request: slip(after.body, before.cookie), code: 'access_expired' },
    { name: 'both halves of after', request: slip(after.body, after.cookie), code: 'ok' },
  ]
}
