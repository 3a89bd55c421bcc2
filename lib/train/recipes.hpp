// How each row of the papers' tables is trained, as data beside nets::preset(): losses,
// regularisation, optimiser, averages, growing, augmentation.
#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string_view>

namespace sgan::train {

// All settings of the row of this name (nets::preset_names()) for pictures of `resolution` pixels:
// every key of recipe_keys(), no other. `batch` 0 means the row's own; a growing row that is given
// one keeps it at every resolution instead of the published table. Throws Error when there is no
// such row.
nlohmann::json recipe(std::string_view name, int resolution, int batch = 0);

struct RecipeKey {
  const char *name, *meaning;
};
std::span<const RecipeKey> recipe_keys();

// Changes one setting; throws Error when the recipe has none of that name or the value is of
// another kind. What is inside "growth" is "growth.train_kimg", "growth.lr_base" (for one device
// and for several) or, at one resolution, "growth.minibatch.32".
void change(nlohmann::json& recipe, std::string_view key, const nlohmann::json& value);

// Throws Error for numbers out of range and names that there are not.
void check_recipe(const nlohmann::json& recipe);

// R1's weight where neither the row nor the user states one: 0.0002 * resolution^2 / batch
// (StyleGAN2-ADA, 2006.06676, appendix C).
double default_gamma(int resolution, int batch);

}  // namespace sgan::train
