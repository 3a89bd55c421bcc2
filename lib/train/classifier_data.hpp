// Pictures with attributes, divided into those that a classifier learns from and those that it is
// tested with.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/io/dataset/dataset.hpp"
#include "lib/nets/classifier.hpp"

namespace sgan::train {

struct ClassifierData {
  std::vector<nets::Attribute> attributes;  // classes in the order of their numbers or names
  // A label is the number of each attribute's class, -1 where it is not known. No picture is there
  // of which nothing is known.
  std::shared_ptr<const io::Dataset> training, held_out;  // held_out: null when there is none
  int64_t unknown = 0;                                    // pictures left out
};

// `table`: a file for io::read_attributes(); empty: the data set's own classes are the attribute
// "class", and `data` has to have been opened with labels. A picture is held out or not by its name
// alone, so that the two parts stay apart when pictures are added. Throws Error for attributes that
// are not there (with a list of those that are), that have one class only, or a class for every
// other picture, and for tables of pictures that the data set does not have.
ClassifierData classifier_data(std::shared_ptr<const io::Dataset> data,
                               const std::vector<std::string>& attributes, const std::string& table,
                               double holdout);

}  // namespace sgan::train
