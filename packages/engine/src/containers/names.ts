import { randomInt } from "node:crypto";
import { fail } from "@berth/base";

const adjectives = (
  "able agile amber ample arctic bold brave bright brisk calm candid clever coastal cobalt cosmic crisp curious daring deft " +
  "eager early earnest elated even fair fearless fleet fluent fond frank fresh gentle gifted glad golden grand hardy hazel honest " +
  "humble ideal jolly keen kind lively loyal lucid lunar mellow merry mighty mindful modest neat nimble noble patient placid " +
  "plucky polite prime proud quick quiet ready regal robust rosy sage serene sharp silent sincere smart snug solar solid spry " +
  "steady stellar sunny sure swift tidal tidy trusty upbeat vivid warm wise witty zesty"
).split(" ");

const people = (
  "abel agnesi ampere anning arago babbage banneker barton bernoulli blackburn bose boyle braille brunel cantor carver cavendish " +
  "cerf chandrasekhar clarke conway cori coulomb dalton davy descartes dirac easley eckert edison einthoven erdos euclid euler " +
  "faraday fermat feynman fourier franklin galileo galois gauss germain godel goodall hamilton herschel hertz hilbert hodgkin " +
  "hooke hopper huygens hypatia jacquard johnson joule kepler kovalevskaya lagrange laplace leibniz liskov lovelace maxwell " +
  "mayer meitner mendel mirzakhani newton nightingale noether nobel ohm pascal pasteur perlman planck poincare ptolemy ramanujan " +
  "riemann ritchie rubin sagan shannon sinclair snow tesla thompson turing vaughan volta watt wiles wing wozniak wu yalow"
).split(" ");

/** What a container may be called, with or without a slash before it. */
export const namePattern: RegExp = /^\/?[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

/** Checks a container name by Docker's rule and gives it without its slash. Throws invalid with Docker's words. */
export function checkName(name: string): string {
  if (!namePattern.test(name)) {
    throw fail("invalid", `Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`);
  }
  return name.startsWith("/") ? name.slice(1) : name;
}

/** A name such as `brave_noether` that `free` accepts; after some tries a digit makes it unique. */
export function generateName(free: (name: string) => boolean): string {
  for (let tries = 0; ; tries++) {
    const name = `${adjectives[randomInt(adjectives.length)]}_${people[randomInt(people.length)]}${tries < 6 ? "" : randomInt(10 ** (tries - 5))}`;
    if (free(name)) return name;
  }
}
