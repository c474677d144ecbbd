//! Argon2id (RFC 9106), in memory that the caller keeps, and its stored form, the PHC string.

use argon2::{
    ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, PasswordHash, Version,
    password_hash::phc::{Output, ParamsString, Salt},
};
use subtle::ConstantTimeEq;

/// The `length` bytes that Argon2 makes of `password` and `salt`; `None` if it refuses one of them.
pub(super) fn tag(
    argon2: &Argon2<'_>,
    password: &[u8],
    salt: &[u8],
    length: usize,
    memory: &mut Vec<Block>,
) -> Option<Vec<u8>> {
    // What is left of the last hash is overwritten before it is read.
    memory.resize(argon2.params().block_count(), Block::default());
    let mut tag = vec![0; length];
    argon2.hash_password_into_with_memory(password, salt, &mut tag, memory).ok()?;
    Some(tag)
}

/// The stored form of a hash made with `params`.
pub(super) fn phc(params: &Params, salt: &[u8], tag: &[u8]) -> Option<String> {
    let hash = PasswordHash {
        algorithm: ARGON2ID_IDENT,
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(params).ok()?,
        salt: Some(Salt::new(salt).ok()?),
        hash: Some(Output::new(tag).ok()?),
    };
    Some(hash.to_string())
}

/// True if `hash` is that of `password`, at the cost and by the algorithm that it names; `None` if they
/// are unknown.
pub(super) fn matches(
    hash: &PasswordHash,
    password: &[u8],
    memory: &mut Vec<Block>,
) -> Option<bool> {
    let (Some(salt), Some(stored)) = (&hash.salt, &hash.hash) else { return Some(false) };
    let algorithm = Algorithm::try_from(hash.algorithm.as_str()).ok()?;
    let version = hash.version.map_or(Ok(Version::V0x13), Version::try_from);
    let version = version.ok()?;
    let params = Params::try_from(hash).ok()?;
    let argon2 = Argon2::new(algorithm, version, params);
    let computed = tag(&argon2, password, salt, stored.len(), memory)?;
    Some(computed.as_slice().ct_eq(stored.as_bytes()).into())
}

/// A hash of nothing, of the same cost as a real one.
pub(super) fn dummy(params: &Params) -> String {
    let (m, t, p) = (params.m_cost(), params.t_cost(), params.p_cost());
    let (salt, hash) = ("A".repeat(22), "A".repeat(43));
    format!("$argon2id$v=19$m={m},t={t},p={p}${salt}${hash}")
}

/// True if any parameter of `hash` lies below today's, or it is not Argon2id at all.
pub(super) fn is_cheaper(hash: &PasswordHash, today: &Params) -> bool {
    let Ok(then) = Params::try_from(hash) else { return true };
    hash.algorithm.as_str() != "argon2id"
        || then.m_cost() < today.m_cost()
        || then.t_cost() < today.t_cost()
        || then.p_cost() < today.p_cost()
}

#[cfg(test)]
mod tests {
    use argon2::{AssociatedData, ParamsBuilder};

    use super::*;

    /// RFC 9106 section 5.3.
    #[test]
    fn the_argon2id_of_the_rfc() {
        let params = ParamsBuilder::new()
            .m_cost(32)
            .t_cost(3)
            .p_cost(4)
            .data(AssociatedData::new(&[4; 12]).unwrap())
            .build()
            .unwrap();
        let argon2 =
            Argon2::new_with_secret(&[3; 8], Algorithm::Argon2id, Version::V0x13, params).unwrap();
        let mut tag = [0; 32];
        argon2.hash_password_into(&[1; 32], &[2; 16], &mut tag).unwrap();
        assert_eq!(
            tag,
            [
                0x0d, 0x64, 0x0d, 0xf5, 0x8d, 0x78, 0x76, 0x6c, 0x08, 0xc0, 0x37, 0xa3, 0x4a, 0x8b,
                0x53, 0xc9, 0xd0, 0x1e, 0xf0, 0x45, 0x2d, 0x75, 0xb6, 0x5e, 0xb5, 0x25, 0x20, 0xe9,
                0x6b, 0x01, 0xe6, 0x59,
            ]
        );
    }

    #[test]
    fn memory_may_have_been_used_before() {
        let argon2 = |memory| Argon2::from(Params::new(memory, 2, 2, None).unwrap());
        let mut memory = Vec::new();
        for (cost, password) in [(256, b"one"), (64, b"two"), (128, b"one"), (256, b"two")] {
            let mut fresh = [0; 32];
            argon2(cost).hash_password_into(password, &[7; 16], &mut fresh).unwrap();
            let reused = tag(&argon2(cost), password, &[7; 16], 32, &mut memory).unwrap();
            assert_eq!(reused, fresh);
        }
    }
}
