/** While developing, and in the build for the attack lab. The production build has none of the lab. */
export const LAB = import.meta.env.DEV || import.meta.env.MODE === 'lab'
