import type { Ids } from "#base/ids.js";

const adjectives =
  "able amber ample bold brave brisk calm clever cosmic crisp daring deft eager early fair fluent gentle glad grand handy honest jolly keen kind light lively lucid lucky mellow merry mild neat nimble noble open patient polite proud quick quiet rare ready sharp silent smart solid steady sunny swift tidy trusty upbeat vivid warm wise witty young zesty".split(
    " ",
  );
const nouns =
  "ant badger bear bee bird boar calf carp cat cod colt cow crab crane crow deer dog dolphin donkey dove duck eagle eel elk emu falcon fawn finch fish fly fox frog gnat goat goose gull hare hawk hen heron horse hound ibis jay kit koala lamb lark lion loon lynx mare mole moose moth mouse mule newt owl ox panda perch pig pike quail ram rat rook seal shad shark sheep shrew skunk slug snail snipe sow squid steed stoat stork swan toad trout tuna vole wasp whale wolf wren yak zebra".split(
    " ",
  );

/** A name such as `brisk-heron-417` for what came without one. */
export function randomName(ids: Ids): string {
  const number = Number.parseInt(ids.hex(6), 16);
  const adjective = adjectives[number % adjectives.length];
  const noun = nouns[Math.floor(number / 1000) % nouns.length];
  return `${adjective}-${noun}-${Math.floor(number / 1_000_000) % 1000}`;
}
