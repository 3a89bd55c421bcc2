// Tables of what pictures show: a CSV file whose first line names the columns and whose first
// column names the pictures, or CelebA's list_attr_celeba.txt (a line with the number of pictures,
// a line with the names of attributes, then a picture and its 1 and -1 a line).
#pragma once

#include <string>
#include <vector>

namespace sgan::io {

struct AttributeTable {
  std::string path;
  std::vector<std::string> attributes;
  struct Row {
    std::string picture;              // with "/" between folders
    std::vector<std::string> values;  // one an attribute; empty: unknown
    int64_t line = 0;                 // where it begins in the file
  };
  std::vector<Row> rows;
};

// Throws Error that names the file and the line: no table, rows of another length, pictures or
// attributes that come twice, no rows.
AttributeTable read_attributes(const std::string& path);
AttributeTable parse_attributes(std::string_view text, const std::string& path);

}  // namespace sgan::io
