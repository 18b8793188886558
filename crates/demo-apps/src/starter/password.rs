//! The demo's passwords: four words drawn at random, easy to type from the terminal.

use crate::fault::Fault;

/// How many words a password has.
const WORDS: usize = 4;

/// Draws a password: 32 random bits, on a machine of one's own. At least 19 characters, more than the 15 that Portvakt
/// asks for.
pub fn draw() -> Result<String, Fault> {
    let mut dice = [0_u8; WORDS];
    getrandom::fill(&mut dice).map_err(|error| Fault::new(format!("The system gives no random bytes: {error}")))?;
    // One byte is one word, as there are 256 of them: each is as likely as any other.
    let words: Vec<&str> = dice.iter().filter_map(|byte| list().nth(usize::from(*byte))).collect();
    Ok(words.join("-"))
}

fn list() -> impl Iterator<Item = &'static str> {
    LIST.split_ascii_whitespace()
}

const LIST: &str = "
acorn amber anchor apple apron arrow atlas autumn bacon badge badger bagel bamboo banjo barley basil basket beacon
beaver bench berry birch biscuit blanket blossom boat bonnet border bottle boulder branch bread breeze bridge broom
bubble bucket butter button cabin cactus camel candle canoe canvas carpet carrot castle cedar cellar cello cherry
chess chimney cider cinnamon cloud clover cobalt cocoa comet compass copper coral cotton cradle crane crayon cricket
crystal cushion daisy dancer desert diamond dinner dolphin donkey dragon drawer drum eagle easel echo elbow ember
engine falcon feather fence fern ferry fiddle finch flannel flute forest fossil fountain garden garlic ginger
glacier globe goose granite grape gravel guitar hammer hammock harbor harvest hazel heather hedge helmet heron hinge
honey horizon icicle island ivory jacket jasmine jigsaw juniper kayak kettle kitten ladder lagoon lantern laurel
lemon lentil lichen lilac linen lizard lobster locket lupin magnet mango maple marble marsh meadow melon mirror
mitten mosaic mountain muffin mustard napkin nectar needle noodle nutmeg oatmeal ocean olive onion orchard otter
oyster paddle panda pantry parsley pebble pelican pencil pepper piano pickle pigeon pillow pine plum pocket pond
poppy potato prairie puddle puffin pumpkin quartz quill rabbit radish rafter raisin raven reed ribbon river robin
rocket rose saddle saffron sailor salmon sandal saturn scarf shadow shell silver sketch sleigh spider spruce squash
squid stable starling stone summer sunset swan tavern teapot thimble thistle thunder timber tomato trumpet tulip
tundra tunnel turnip turtle valley vanilla velvet violet violin waffle wagon walnut whale whistle willow window
winter yarrow zebra zephyr zipper
";

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn there_are_256_different_words_of_at_least_four_letters() {
        let words: BTreeSet<&str> = list().collect();
        assert_eq!((words.len(), list().count()), (256, 256));
        assert!(words.iter().all(|word| word.len() >= 4 && word.bytes().all(|byte| byte.is_ascii_lowercase())));
    }

    #[test]
    fn a_password_is_long_enough_to_stand_alone() {
        let password = draw().unwrap();
        assert!(password.len() >= 15);
        assert_eq!(password.split('-').count(), WORDS);
        assert_ne!(password, draw().unwrap());
    }
}
